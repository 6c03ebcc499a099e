// A web application that its owner has told the issuer and, unless it is public, a secret.
import * as client from "openid-client";
import { converse, refusal } from "./conversation.mjs";

const json = new Headers({ "Content-Type": "application/json" });

await converse(async ({ issuer, api, redirect_uri, client_id, client_secret, method }, visit) => {
  const authentication = {
    client_secret_basic: () => client.ClientSecretBasic(client_secret),
    client_secret_post: () => client.ClientSecretPost(client_secret),
    none: () => client.None(),
  }[method]();
  const config = await client.discovery(new URL(issuer), client_id, undefined, authentication, {
    algorithm: "oauth2",
    execute: [client.allowInsecureRequests], // http on loopback
  });

  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: "notes:write",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
  });
  const tokens = await client.authorizationCodeGrant(config, await visit(url), { pkceCodeVerifier, expectedState });

  const save = (token, content) =>
    client.fetchProtectedResource(
      config,
      token,
      new URL(api),
      "POST",
      JSON.stringify({ title: "A title", content }),
      json,
    );
  const saved = await save(tokens.access_token, "before the refresh");
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
  const savedAgain = await save(renewed.access_token, "after the refresh");

  await client.tokenRevocation(config, renewed.access_token, { token_type_hint: "access_token" });
  const gone = await refusal(save(renewed.access_token, "after the end of the access token"));
  await client.tokenRevocation(config, renewed.refresh_token, { token_type_hint: "refresh_token" });
  const ended = await refusal(client.refreshTokenGrant(config, renewed.refresh_token));

  return {
    pkce: config.serverMetadata().supportsPKCE(),
    token_type: tokens.token_type,
    expiresIn: tokens.expiresIn() > 0,
    scope: tokens.scope,
    statuses: [saved.status, savedAgain.status],
    rotated: renewed.refresh_token !== tokens.refresh_token,
    gone: { status: gone.status, error: gone.cause[0].parameters.error },
    ended: { status: ended.status, error: ended.error },
  };
});
