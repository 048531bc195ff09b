// @ts-check
// Follows the state of a card action and moves on when it is over. Holds no text: what is shown comes from the
// <template data-state> blocks that the server wrote in the page's language. Without script the page reloads.

/** @typedef {{ state: string, next?: string, signed?: number }} State */

const POLL_MS = 1000;
const SLOW_MS = 3000;

const box = document.querySelector('[data-wait]');
if (box instanceof HTMLElement) follow(box);

/** @param {HTMLElement} box */
function follow(box) {
  let shown = box.dataset.state ?? '';
  let since = Date.now();
  let slow = false;

  const ask = async () => {
    const state = await read(box.dataset.wait ?? '');
    if (state?.next !== undefined && isOurs(state.next)) {
      location.replace(state.next);
      return;
    }
    const form = document.querySelector('form[data-when-ready]');
    if (state?.state === 'ready' && form instanceof HTMLFormElement) {
      form.requestSubmit();
      return;
    }
    if (state?.signed !== undefined) count(state.signed);
    if (state && state.state !== shown) {
      if (!show(box, state.state)) {
        location.reload();
        return;
      }
      shown = state.state;
      since = Date.now();
      slow = false;
    } else if (!slow && isMachineWork(shown) && Date.now() - since > SLOW_MS) {
      slow = append(box, 'slow');
    }
    setTimeout(ask, POLL_MS);
  };
  setTimeout(ask, POLL_MS);
}

/**
 * Asks for the state; a network hiccup is no answer, the next round asks again.
 * @param {string} address
 * @returns {Promise<State | undefined>}
 */
async function read(address) {
  try {
    const answer = await fetch(address, { headers: { accept: 'application/json' }, cache: 'no-store' });
    if (answer.status === 404 || answer.status === 410) return { state: 'gone' };
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined;
  }
}

/** Moves the bar of a list on. @param {number} signed */
function count(signed) {
  const bar = document.querySelector('progress');
  if (bar instanceof HTMLProgressElement) bar.value = signed;
  const figure = document.querySelector('[data-signed]');
  if (figure) figure.textContent = String(signed);
}

/** Only a path of this site is followed. @param {string} address */
function isOurs(address) {
  return new URL(address, location.href).origin === location.origin;
}

/** Waiting for a person is never called slow. @param {string} state */
function isMachineWork(state) {
  return state === 'checking' || state === 'finishing';
}

/** @param {string} name @returns {DocumentFragment | undefined} */
function text(name) {
  const template = document.querySelector(`template[data-state="${CSS.escape(name)}"]`);
  return template instanceof HTMLTemplateElement
    ? /** @type {DocumentFragment} */ (template.content.cloneNode(true))
    : undefined;
}

/** @param {HTMLElement} box @param {string} name @returns {boolean} */
function show(box, name) {
  const words = text(name);
  if (words) box.replaceChildren(words);
  return words !== undefined;
}

/** @param {HTMLElement} box @param {string} name @returns {boolean} */
function append(box, name) {
  const words = text(name);
  if (words) box.append(words);
  return true;
}
