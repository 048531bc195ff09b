// @ts-check
// In the page: takes the page's messages to the background and brings the answers back. Decides nothing.
//
// The page speaks the messages of Web eID (`web-eid:…`), and one of ours for lists. Should the stock Web eID extension be
// there too, it answers first and this one stands down: a person never gets two windows.
(() => {
  const api = globalThis.browser ?? globalThis.chrome;
  const PREFIX = 'web-eid:';
  /** What the stock extension answers as well. */
  const SHARED = ['status', 'authenticate', 'get-signing-certificate', 'sign'];
  const OURS = ['sign-list'];
  /** How long the stock extension has to say that it takes a message. It does so at once. */
  const COURTESY_MS = 40;

  /** Messages not taken yet, by action. @type {Map<string, { taken: boolean }>} */
  const waiting = new Map();

  window.addEventListener('message', (event) => {
    if (event.source !== window || typeof event.data?.action !== 'string') return;
    if (!event.data.action.startsWith(PREFIX)) return;
    const name = event.data.action.slice(PREFIX.length);
    if (name.endsWith('-ack')) {
      const mine = waiting.get(name.slice(0, -'-ack'.length));
      if (mine) mine.taken = true;
      return;
    }
    // After an update of the extension this script is an orphan: whoever replaced it answers.
    if (!api.runtime?.id) return;
    if (OURS.includes(name)) {
      take(name, event.data);
    } else if (SHARED.includes(name) && !waiting.has(name)) {
      const state = { taken: false };
      waiting.set(name, state);
      setTimeout(() => {
        waiting.delete(name);
        if (!state.taken) take(name, event.data);
      }, COURTESY_MS);
    }
  });

  /** @param {string} name @param {object} request */
  function take(name, request) {
    if (!window.isSecureContext) {
      fail(name, { code: 'ERR_WEBEID_CONTEXT_INSECURE', message: 'the page is not loaded over https' });
      return;
    }
    answer({ action: `${PREFIX}${name}-ack` });
    let isOver = false;
    const port = api.runtime.connect({ name });
    port.onMessage.addListener((/** @type {{ action: string }} */ message) => {
      answer(message);
      if (message.action.endsWith('-success') || message.action.endsWith('-failure')) {
        isOver = true;
        port.disconnect();
      }
    });
    port.onDisconnect.addListener(() => {
      void api.runtime.lastError;
      if (!isOver) fail(name, { code: 'ERR_WEBEID_UNKNOWN_ERROR', message: 'the extension stopped', reason: 'agent_stopped' });
      isOver = true;
    });
    port.postMessage(request);
  }

  /** @param {string} name @param {{ code: string, message: string, reason?: string }} error */
  function fail(name, error) {
    answer({ action: `${PREFIX}${name}-failure`, error: { name: 'WebEidError', ...error } });
  }

  /** @param {object} message */
  function answer(message) {
    window.postMessage(message, window.location.origin);
  }
})();
