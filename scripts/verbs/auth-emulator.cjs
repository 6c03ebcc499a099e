// node auth-emulator.cjs PORT PROJECT: firebase-tools' Auth emulator without its command line, which takes 6 s more.
// These are internal paths of firebase-tools: its version is pinned in package.json.
const spec = require("firebase-tools/lib/emulator/auth/apiSpec").default;
const { AuthEmulator, SingleProjectMode } = require("firebase-tools/lib/emulator/auth");

// Most of its start is compiling the descriptions of 76 paths; these are the ones that pages, phones and tests call.
const CALLED = new RegExp("^/emulator/|^/v1/token$|^/v1/projects/{targetProjectId}/accounts(:(delete|lookup|update))?$|"
  + "^/v1/accounts:(createAuthUri|delete|lookup|resetPassword|sendOobCode|signInWith(CustomToken|EmailLink|Idp|Password)|signUp|update)$");
for (const path of Object.keys(spec.paths)) if (!CALLED.test(path)) delete spec.paths[path];

const [port, projectId] = process.argv.slice(2);
const emulator = new AuthEmulator({
  host: "127.0.0.1", port: Number(port), projectId, singleProjectMode: SingleProjectMode.NO_WARNING,
});
emulator.start();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => emulator.stop().finally(() => process.exit(0)));
