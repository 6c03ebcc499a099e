// node-oidc-provider with one confidential client, and codes for the asking: only its token endpoint is measured.
// ADAPTER=firestore keeps its models in Firestore; ROTATE=always rotates each refresh token, not only an old one.
import * as oidc from "oidc-provider";

const { ADAPTER, ROTATE, PORT, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env;
// Without `openid` no ID token is signed: the service that it is compared with has none either.
const SCOPE = "offline_access notes:write";

const provider = new oidc.Provider(`http://localhost:${PORT}`, {
  ...(ADAPTER === "firestore" ? { adapter: (await import("./firestore_adapter.mjs")).FirestoreAdapter } : {}),
  ...(ROTATE === "always" ? { rotateRefreshToken: true } : {}),
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  scopes: ["offline_access", "notes:write"],
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});

/** A code as the authorization endpoint leaves it behind when a person has consented. */
async function newCode(client) {
  const grant = new provider.Grant({ accountId: "ada", clientId: client.clientId });
  grant.addOIDCScope(SCOPE);
  const grantId = await grant.save();
  const authTime = Math.floor(Date.now() / 1000);
  const code = new provider.AuthorizationCode({
    accountId: "ada", client, grantId, authTime, redirectUri: REDIRECT_URI, scope: SCOPE, expiresIn: 600,
  });
  return code.save();
}

provider.use(async (ctx, next) => {
  if (ctx.path === "/health") {
    ctx.body = { status: "ok" };
  } else if (ctx.method === "POST" && ctx.path === "/codes") {
    const client = await provider.Client.find(CLIENT_ID);
    const codes = [];
    for (let count = Number(ctx.query.count); count > 0; count -= 1) codes.push(await newCode(client));
    ctx.body = codes;
  } else {
    await next();
  }
});

provider.listen(Number(PORT), "127.0.0.1");
