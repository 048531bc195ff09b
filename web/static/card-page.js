// @ts-check
// What the pages share that ask the card beside this browser: the states and problems that the server wrote into
// <template> blocks, and calls to the service. Holds no text.

/** How long to wait before something is said again that nobody answered. */
const KEEP_PAUSES_MS = [300, 1000, 3000, 10_000, 30_000];

/** A page with a button, a line of state and a notice. */
export class CardPage {
  /** @param {HTMLElement} box @param {typeof import('./web-eid.js')} card */
  constructor(box, card) {
    this.box = box;
    this.card = card;
    this.button = /** @type {HTMLButtonElement} */ (box.querySelector('button[data-start]'));
    this.state = /** @type {HTMLElement} */ (box.querySelector('[data-now]'));
    this.notice = /** @type {HTMLElement} */ (box.querySelector('[data-notice]'));
    /** @type {Promise<import('./web-eid.js').Versions> | undefined} */
    this.looking = undefined;
  }

  /** Whether extension and program are there; asked once at a time. @returns {Promise<import('./web-eid.js').Versions>} */
  status() {
    this.looking ??= this.card.status().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  /** Lets the button do `work`; a problem is shown, and the button waits for another try. @param {() => Promise<void>} work */
  offer(work) {
    const press = async () => {
      this.notice.hidden = true;
      this.button.disabled = true;
      try {
        this.show('looking');
        await work();
      } catch (error) {
        this.fail(error);
        this.button.disabled = false;
      }
    };
    this.button.hidden = false;
    this.button.addEventListener('click', press);
    // Where there is no other way, it is said at once what is missing; beside the counter's reader only when tried.
    if ('alone' in this.box.dataset) this.status().catch((error) => this.fail(error));
  }

  /** Shows the text of a state, or none. @param {string} [name] */
  show(name) {
    const words = name === undefined ? undefined : wordsOf(`template[data-state="${CSS.escape(name)}"]`);
    this.state.replaceChildren(...(words ? [words] : []));
  }

  /** @param {unknown} error */
  fail(error) {
    if (error instanceof Refused) {
      const words = wordsOf('template[data-refused]');
      const [heading, detail] = [words?.querySelector('[data-heading]'), words?.querySelector('[data-detail]')];
      if (heading) heading.textContent = error.title;
      if (detail) detail.textContent = error.detail;
      this.#complain(words, error.code, error.reference);
      return;
    }
    const reason = this.reason(error);
    const known = wordsOf(`template[data-problem="${CSS.escape(reason)}"]`);
    this.#complain(known ?? wordsOf('template[data-problem="server_error"]'), known ? reason : 'server_error');
  }

  /** The code of the text for a problem. @param {unknown} error @returns {string} */
  reason(error) {
    return error instanceof this.card.CardProblem ? error.reason : 'server_error';
  }

  /** Shows a problem and moves there. @param {DocumentFragment | undefined} words @param {string} code @param {string} [reference] */
  #complain(words, code, reference) {
    this.show();
    this.notice.replaceChildren(...(words ? [words] : []));
    const print = wordsOf('template[data-print]');
    const slots = print?.querySelectorAll('[data-code], [data-reference]') ?? [];
    for (const slot of slots) {
      if (!(slot instanceof HTMLElement)) continue;
      const text = 'code' in slot.dataset ? code : reference;
      if (text) slot.textContent = text;
      else slot.parentElement?.remove();
    }
    if (print) this.notice.append(print);
    this.notice.hidden = false;
    this.notice.focus();
  }

  /** @param {string | undefined} address @param {object} [body] @returns {Promise<any>} */
  post(address, body) {
    return post(address ?? '', this.box.dataset.csrf ?? '', body);
  }

  /**
   * The same for what must not be lost: it goes on when the page is left, and is said again while nobody answers.
   * @param {string} address @param {object} body @returns {Promise<any>}
   */
  async keep(address, body) {
    for (const pause of KEEP_PAUSES_MS) {
      try {
        return await post(address, this.box.dataset.csrf ?? '', body, true);
      } catch (error) {
        if (error instanceof Refused && error.status < 500 && error.status !== 429) throw error;
      }
      await new Promise((later) => setTimeout(later, pause));
    }
    return post(address, this.box.dataset.csrf ?? '', body, true);
  }
}

/** Goes on to a page of this site. @param {string} next */
export function goOn(next) {
  const address = new URL(next, location.href);
  if (address.origin === location.origin) location.assign(address);
}

/** What the service says when it does not go on. */
export class Refused extends Error {
  /** @param {any} problem problem details of RFC 9457 @param {number} status */
  constructor(problem, status) {
    super(problem.code);
    this.status = status;
    this.code = String(problem.code ?? 'server_error');
    this.title = String(problem.title ?? '');
    this.detail = String(problem.detail ?? '');
    this.reference = typeof problem.reference === 'string' ? problem.reference : undefined;
  }
}

/**
 * @param {string} address @param {string} csrf @param {object} [body] @param {boolean} [keepalive]
 * @returns {Promise<any>}
 */
async function post(address, csrf, body, keepalive = false) {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'x-csrf-token': csrf },
    body: JSON.stringify(body ?? {}),
    cache: 'no-store',
    keepalive,
  });
  if (answer.status === 204) return undefined;
  if (answer.ok) return answer.json();
  throw new Refused(await answer.json().catch(() => ({})), answer.status);
}

/** @param {string} selector @returns {DocumentFragment | undefined} */
function wordsOf(selector) {
  const template = document.querySelector(selector);
  return template instanceof HTMLTemplateElement
    ? /** @type {DocumentFragment} */ (template.content.cloneNode(true))
    : undefined;
}
