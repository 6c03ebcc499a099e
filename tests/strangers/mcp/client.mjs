// The TypeScript SDK that speaks 2026-07-28, and the era before when told to.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { converse } from "../conversation.mjs";
import { Owner, saveTwice } from "./owner.mjs";

await converse(async (facts, visit, wait) => {
  const owner = new Owner(facts);
  const open = () => ({
    client: new Client({ name: "a-stranger", version: "1" }, { versionNegotiation: { mode: facts.era } }),
    transport: new StreamableHTTPClientTransport(new URL(facts.url), { authProvider: owner }),
  });
  const finish = (transport, answer) => transport.finishAuth(answer); // which checks `iss` (RFC 9207)
  return await saveTwice(owner, { open, finish, visit, wait, UnauthorizedError });
});
