// The contract for people: copied for ChatGPT, shown by Swagger UI, tried with the person's own sign-in.
const $ = (id) => document.getElementById(id);
const place = $("swagger-ui");
const { clientName, contract, publicUrl, redirectUri, scopes } = place.dataset;
const CLIENT_KEY = "mate:docs-client";

function say(text) {
  $("status").textContent = text;
  $("problem").hidden = true;
}

function warn(text) {
  $("status").textContent = "";
  $("problem").textContent = text;
  $("problem").hidden = false;
}

// The document as it is served now, and not what the browser has kept of an earlier version.
let yaml;
async function read() {
  if (yaml) return yaml;
  const answer = await fetch(contract, { cache: "reload" });
  if (!answer.ok) throw new Error(`${contract}: ${answer.status}`);
  return (yaml = await answer.text());
}

async function copy() {
  let text;
  try {
    text = await read();
  } catch {
    return warn("The contract cannot be read just now. Check the connection and try again.");
  }
  try {
    await navigator.clipboard.writeText(text);
    say("Copied. Paste it as the schema of the GPT's action.");
  } catch {
    $("by-hand").hidden = false;
    $("text").value = text;
    $("text").focus();
    $("text").select();
    say("Your browser did not let this page copy. The schema is selected: copy it by hand.");
  }
}

function keptClient() {
  try {
    return JSON.parse(localStorage.getItem(CLIENT_KEY));
  } catch {
    return null;
  }
}

// This page is an OAuth client of its own. It is registered by whoever first signs in here, for this browser.
async function findClient() {
  const kept = keptClient();
  if (kept?.redirectUri === redirectUri && (await isKnown(kept.clientId))) return kept.clientId;
  const answer = await fetch("/register", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      client_name: clientName,
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: "none",
      scope: scopes,
    }),
  });
  if (answer.status === 404) throw new Error(
    `This service does not register clients by itself. Ask its operator for a public client with the redirect URI ${redirectUri}, and type its client_id here.`);
  const body = await answer.json();
  if (!answer.ok) throw new Error(`This page could not be registered as a client: ${body.error_description ?? answer.status}`);
  localStorage.setItem(CLIENT_KEY, JSON.stringify({ clientId: body.client_id, redirectUri }));
  return body.client_id;
}

// One that was never used is forgotten after a while, and an operator can disable one.
async function isKnown(clientId) {
  const asked = new URLSearchParams({ client_id: clientId, redirect_uri: redirectUri, response_type: "code" });
  return (await fetch(`/authorization?${asked}`)).status !== 400;
}

let problem; // why there is no client

const signingIn = {
  statePlugins: { auth: { wrapActions: {
    // Before the dialog, not from within: what its own button does has to happen at once, or the popup is blocked.
    showDefinitions: (show, { authActions }) => async (definitions) => {
      if (!definitions) return show(definitions);
      problem = undefined;
      const clientId = await findClient().catch((error) => void (problem = error.message));
      authActions.configureAuth({ clientId, scopes, usePkceWithAuthorizationCodeGrant: true });
      return show(definitions);
    },
  } } },
  wrapComponents: {
    auths: (Auths, { React }) => (props) => React.createElement("div", null,
      problem && React.createElement("p", { className: "problem", role: "alert" }, problem),
      React.createElement(Auths, props)),
  },
};

function render() {
  window.SwaggerUIBundle({
    domNode: place,
    url: contract,
    oauth2RedirectUrl: redirectUri,
    validatorUrl: null,
    deepLinking: true,
    onComplete: () => $("operations").setAttribute("role", "group"), // it is a second <main> on this page
    defaultModelsExpandDepth: 0,
    plugins: [() => signingIn, () => ({ components: { InfoContainer: () => null } })], // the page has title and version
  });
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const dress = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", dress);
dress();
$("elsewhere").hidden = location.origin === publicUrl;
$("copy").addEventListener("click", copy);
await read().catch(() => {}); // Swagger UI finds it in the browser's cache, or says itself what is wrong
render();
