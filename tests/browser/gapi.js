// Stands in for https://apis.google.com/js/api.js, which the SDK loads for popup and redirect sign-in even against the
// emulator: gapi.iframes over postMessage, as much of it as the SDK and the emulator's pages use.
(() => {
  const PATIENCE = 200;
  const pause = () => new Promise((resolve) => setTimeout(resolve, 25));

  function link(peer) {
    const handlers = {};
    const waiting = {};
    let last = 0;
    async function handler(name) {
      for (let tries = 0; tries < PATIENCE && !handlers[name]; tries++) await pause();
      return handlers[name];
    }
    addEventListener("message", async ({ data: message, source }) => {
      if (message?.gapi !== 1 || source !== peer()) return;
      if (message.answers) {
        // As gapi does, keep what it throws: the SDK's check for web storage ends in a throw whatever the answer.
        try { waiting[message.answers]?.(message.data); } catch { /* kept */ }
        delete waiting[message.answers];
        return;
      }
      const data = message.name === "_ping" ? [] : [await (await handler(message.name))?.(message.data)];
      peer().postMessage({ gapi: 1, answers: message.id, data }, "*");
    });
    const frame = {
      register: (name, handle) => { handlers[name] = handle; },
      restyle: async () => {},
      send(name, data, done) {
        waiting[++last] = done;
        peer().postMessage({ gapi: 1, name, data, id: last }, "*");
      },
      ping: (done) => new Promise((resolve) => frame.send("_ping", null, () => { done?.(); resolve(); })),
    };
    return frame;
  }

  const context = {
    getParentIframe: () => link(() => parent),
    open(options, opened) {
      const element = document.createElement("iframe");
      element.style.display = "none";
      element.src = options.url;
      const frame = link(() => element.contentWindow);
      options.where.append(element);
      return new Promise((resolve) => { element.onload = () => resolve(opened(frame)); });
    },
  };
  window.gapi = {
    load: (_, options) => setTimeout(options.callback),
    iframes: { Iframe() {}, CROSS_ORIGIN_IFRAMES_FILTER: 1, getContext: () => context },
  };
  window[new URL(document.currentScript.src).searchParams.get("onload") ?? "gapi_onload"]?.();
})();
