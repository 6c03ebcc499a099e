// What a client's owner writes around either SDK: what it keeps, and what a person is asked.
import { randomUUID } from "node:crypto";

/** Both SDKs' OAuthClientProvider, in memory. `held` is what it has from an earlier day: `client` and `tokens`. */
export class Owner {
  constructor({ redirect_uri, document, held }) {
    this.redirectUrl = redirect_uri;
    this.clientMetadata = {
      client_name: "A stranger",
      redirect_uris: [redirect_uri],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
    this.clientMetadataUrl = document;
    this.kept = { client: held?.client, tokens: held?.tokens };
  }

  state = () => (this.kept.state = randomUUID());
  clientInformation = () => this.kept.client;
  saveClientInformation = (client) => void (this.kept.client = client);
  tokens = () => this.kept.tokens;
  saveTokens = (tokens) => void (this.kept.tokens = tokens);
  codeVerifier = () => this.kept.verifier;
  saveCodeVerifier = (verifier) => void (this.kept.verifier = verifier);
  discoveryState = () => this.kept.discovered;
  saveDiscoveryState = (discovered) => void (this.kept.discovered = discovered);
  redirectToAuthorization = (url) => void (this.kept.sentTo = url);

  /** Where the person's browser ends up, which is where it should, with the state that it took along. */
  async consent(visit) {
    const answer = await visit(this.kept.sentTo);
    if (answer.searchParams.get("state") !== this.kept.state) throw new Error("this is another answer");
    return answer.searchParams;
  }
}

/**
 * Save a note, let the access token expire, and save it again. OPEN makes a client and its transport, which FINISH gives
 * the answer of a person who was asked.
 */
export async function saveTwice(owner, { open, finish, visit, wait, UnauthorizedError }) {
  let { client, transport } = open();
  const signedIn = async (attempt, again = attempt) => {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      await finish(transport, await owner.consent(visit));
      return await again();
    }
  };
  await signedIn(
    () => client.connect(transport),
    () => {
      ({ client, transport } = open()); // one that could not open does not open again
      return client.connect(transport);
    },
  );
  const save = () => client.callTool({ name: "saveNote", arguments: { title: "A title", content: "Some *text*" } });
  await client.listTools(); // from now on it holds results against the schemas of the tools
  const first = await signedIn(save);
  await wait(2);
  const again = await save();
  return {
    server: client.getServerVersion()?.name,
    version: client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion,
    receipts: [first.structuredContent, again.structuredContent],
    scope: owner.kept.tokens.scope,
  };
}
