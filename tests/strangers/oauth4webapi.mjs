// A client that knows one address of an API and nothing else, as MCP clients do: the challenge names the resource's
// metadata, that names the authorization server, and that says the rest.
import * as oauth from "oauth4webapi";
import { converse, refusal } from "./conversation.mjs";

const insecure = { [oauth.allowInsecureRequests]: true }; // http on loopback
const json = new Headers({ "Content-Type": "application/json" });

await converse(async ({ api, redirect_uri, client_id, client_secret, method }, visit) => {
  const resource = new URL(api);
  const save = (token, content) =>
    oauth.protectedResourceRequest(token, "POST", resource, json, JSON.stringify({ title: "A title", content }), insecure);

  const [challenge] = (await refusal(save("unknown", "nothing"))).cause;
  const rs = await oauth.processResourceDiscoveryResponse(resource, await fetch(challenge.parameters.resource_metadata));
  await oauth.processResourceDiscoveryResponse(resource, await oauth.resourceDiscoveryRequest(resource, insecure));

  const issuer = new URL(rs.authorization_servers[0]);
  const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
  const as = await oauth.processDiscoveryResponse(issuer, found);

  const client = client_id
    ? { client_id }
    : await oauth
        .dynamicClientRegistrationRequest(
          as,
          { client_name: "A stranger", redirect_uris: [redirect_uri], token_endpoint_auth_method: method },
          insecure,
        )
        .then(oauth.processDynamicClientRegistrationResponse);
  const secret = client_secret ?? client.client_secret;
  const authentication = {
    client_secret_basic: () => oauth.ClientSecretBasic(secret),
    client_secret_post: () => oauth.ClientSecretPost(secret),
    none: () => oauth.None(),
  }[method]();

  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri,
    response_type: "code",
    scope: challenge.parameters.scope,
    resource: rs.resource,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
  });
  const answer = oauth.validateAuthResponse(as, client, await visit(url), state); // state and iss (RFC 9207)

  const audience = { additionalParameters: { resource: rs.resource }, ...insecure };
  const tokens = await oauth
    .authorizationCodeGrantRequest(as, client, authentication, answer, redirect_uri, verifier, audience)
    .then((response) => oauth.processAuthorizationCodeResponse(as, client, response));
  const saved = await save(tokens.access_token, "before the refresh");

  const renewed = await oauth
    .refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token, audience)
    .then((response) => oauth.processRefreshTokenResponse(as, client, response));
  const savedAgain = await save(renewed.access_token, "after the refresh");

  const revoke = (token) =>
    oauth.revocationRequest(as, client, authentication, token, insecure).then(oauth.processRevocationResponse);
  await revoke(renewed.access_token);
  const gone = await refusal(save(renewed.access_token, "after the end of the access token"));
  await revoke(renewed.refresh_token);
  const ended = await refusal(
    oauth
      .refreshTokenGrantRequest(as, client, authentication, renewed.refresh_token, audience)
      .then((response) => oauth.processRefreshTokenResponse(as, client, response)),
  );

  return {
    challenge: { scheme: challenge.scheme, error: challenge.parameters.error },
    issuer: as.issuer,
    resource: rs.resource,
    registered: client_id ? null : Object.keys(client).filter((name) => name.startsWith("client_secret")).sort(),
    token_type: tokens.token_type,
    scope: tokens.scope,
    statuses: [saved.status, savedAgain.status],
    rotated: renewed.refresh_token !== tokens.refresh_token,
    gone: { status: gone.status, error: gone.cause[0].parameters.error },
    ended: { status: ended.status, error: ended.error },
  };
});
