// @ts-check
// Logs in with the card on this person's own computer: challenge, card, token, on. Holds no text: what is shown stands
// in <template> blocks that the server wrote. Without script the page says that this way needs it.

const box = document.querySelector('[data-card-login]');
if (box instanceof HTMLElement) begin(box);

/** @param {HTMLElement} box */
async function begin(box) {
  /** @type {typeof import('./web-eid.js')} */
  const card = await import(box.dataset.library ?? '');
  const button = box.querySelector('button[data-start]');
  const state = box.querySelector('[data-now]');
  const notice = box.querySelector('[data-notice]');
  if (!(button instanceof HTMLButtonElement) || !(state instanceof HTMLElement) || !(notice instanceof HTMLElement)) return;

  /** Shows the text of a state, or none. @param {string} [name] */
  const show = (name) => {
    const words = name === undefined ? undefined : words_of(`template[data-state="${CSS.escape(name)}"]`);
    state.replaceChildren(...(words ? [words] : []));
  };

  /** Shows a problem and moves there. @param {DocumentFragment | undefined} words @param {string} code @param {string} [reference] */
  const complain = (words, code, reference) => {
    show();
    notice.replaceChildren(...(words ? [words] : []));
    const print = words_of('template[data-print]');
    const slots = print?.querySelectorAll('[data-code], [data-reference]') ?? [];
    for (const slot of slots) {
      if (!(slot instanceof HTMLElement)) continue;
      const text = 'code' in slot.dataset ? code : reference;
      if (text) slot.textContent = text;
      else slot.parentElement?.remove();
    }
    if (print) notice.append(print);
    notice.hidden = false;
    notice.focus();
  };

  /** @param {unknown} error */
  const fail = (error) => {
    if (error instanceof Refused) {
      const words = words_of('template[data-refused]');
      const [heading, detail] = [words?.querySelector('[data-heading]'), words?.querySelector('[data-detail]')];
      if (heading) heading.textContent = error.title;
      if (detail) detail.textContent = error.detail;
      complain(words, error.code, error.reference);
      return;
    }
    const reason = error instanceof card.CardProblem ? error.reason : 'server_error';
    const known = words_of(`template[data-problem="${CSS.escape(reason)}"]`);
    complain(known ?? words_of('template[data-problem="server_error"]'), known ? reason : 'server_error');
  };

  const work = async () => {
    notice.hidden = true;
    button.disabled = true;
    try {
      show('looking');
      await card.status();
      const { nonce } = await post(box.dataset.challenge ?? '', box.dataset.csrf ?? '');
      show('pin');
      const token = await card.authenticate(nonce, { lang: document.documentElement.lang });
      show('checking');
      const { next } = await post(box.dataset.token ?? '', box.dataset.csrf ?? '', token);
      const address = new URL(next, location.href);
      if (address.origin === location.origin) location.assign(address);
    } catch (error) {
      fail(error);
      button.disabled = false;
    }
  };

  button.hidden = false;
  button.addEventListener('click', work);
  // Where there is no other way, it is said at once what is missing; beside the counter's reader only when tried.
  if ('alone' in box.dataset) card.status().catch(fail);
}

/** What the service says when it does not go on. */
class Refused extends Error {
  /** @param {any} problem problem details of RFC 9457 */
  constructor(problem) {
    super(problem.code);
    this.code = String(problem.code ?? 'server_error');
    this.title = String(problem.title ?? '');
    this.detail = String(problem.detail ?? '');
    this.reference = typeof problem.reference === 'string' ? problem.reference : undefined;
  }
}

/**
 * @param {string} address @param {string} csrf @param {object} [body]
 * @returns {Promise<any>}
 */
async function post(address, csrf, body) {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'x-csrf-token': csrf },
    body: JSON.stringify(body ?? {}),
    cache: 'no-store',
  });
  if (answer.ok) return answer.json();
  throw new Refused(await answer.json().catch(() => ({})));
}

/** @param {string} selector @returns {DocumentFragment | undefined} */
function words_of(selector) {
  const template = document.querySelector(selector);
  return template instanceof HTMLTemplateElement
    ? /** @type {DocumentFragment} */ (template.content.cloneNode(true))
    : undefined;
}
