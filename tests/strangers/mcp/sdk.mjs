// The TypeScript SDK of the handshake era.
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { converse } from "../conversation.mjs";
import { Owner, saveTwice } from "./owner.mjs";

await converse(async (facts, visit, wait) => {
  const owner = new Owner(facts);
  const open = () => ({
    client: new Client({ name: "a-stranger", version: "1" }),
    transport: new StreamableHTTPClientTransport(new URL(facts.url), { authProvider: owner }),
  });
  const finish = (transport, answer) => transport.finishAuth(answer.get("code"));
  return await saveTwice(owner, { open, finish, visit, wait, UnauthorizedError });
});
