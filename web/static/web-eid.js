// @ts-check
// The card on the person's own computer, asked through a browser extension: Web eID's or ours. A library: it changes
// nothing in the page and holds no text. What went wrong comes as a `CardProblem` with the code of the text to show.
//
//   import { authenticate, certificate, sign, signList, status } from '/static/web-eid.<hash>.js';

const VERSION = '2.0.0';
const PREFIX = 'web-eid:';
/** How long an extension has to say that it is there, and how long it has to find its program. */
const EXTENSION_MS = 1000;
const STATUS_MS = 8000;
/** How long a person has for one card action. The program's own windows close earlier. */
const PERSON_MS = 300_000;

/** The page's code for each of the protocol's. @type {Record<string, string>} */
const REASONS = {
  ACTION_PENDING: 'already_waiting',
  ACTION_TIMEOUT: 'agent_stopped',
  CONTEXT_INSECURE: 'browser_unsupported',
  EXTENSION_UNAVAILABLE: 'extension_missing',
  MISSING_PARAMETER: 'request_invalid',
  NATIVE_FATAL: 'agent_stopped',
  NATIVE_INVALID_ARGUMENT: 'request_invalid',
  NATIVE_UNAVAILABLE: 'agent_missing',
  UNKNOWN_ERROR: 'agent_stopped',
  USER_CANCELLED: 'pin_cancelled',
  USER_TIMEOUT: 'pin_timeout',
  VERSION_INVALID: 'agent_outdated',
};

/** A card action that did not work. */
export class CardProblem extends Error {
  /** @param {any} error as the extension says it */
  constructor(error) {
    super(error?.message ?? 'the card action failed');
    this.name = 'CardProblem';
    /** The protocol's code. @type {string} */
    this.code = error?.code ?? 'ERR_WEBEID_UNKNOWN_ERROR';
    /** The code of the text to show a person. @type {string} */
    this.reason = reasonOf(this.code.replace(/^ERR_WEBEID_/, ''), error);
    /** How many documents of a list were signed before. @type {number} */
    this.signed = Number(error?.signed) || 0;
  }
}

/** @param {string} word @param {any} error @returns {string} */
function reasonOf(word, error) {
  if (word === 'VERSION_MISMATCH') {
    return error?.requiresUpdate?.extension ? 'extension_outdated' : 'agent_outdated';
  }
  // Our own program says which text; the stock one only says its code.
  return typeof error?.reason === 'string' ? error.reason : (REASONS[word] ?? 'agent_stopped');
}

/**
 * @typedef {{ lang?: string, timeout?: number }} Options
 * @typedef {{ cryptoAlgorithm: string, hashFunction: string, paddingScheme: string }} Algorithm
 * @typedef {{ signature: string, signatureAlgorithm: Algorithm }} Signed
 * @typedef {{ library: string, extension: string, nativeApp: string, features?: string[] }} Versions
 */

/**
 * Whether extension and program are there and go together.
 * @returns {Promise<Versions>}
 */
export function status() {
  return ask('status', {}, { timeout: STATUS_MS });
}

/** Whether lists can be signed with one PIN here. @param {Versions} versions */
export function signsLists(versions) {
  return versions.features?.includes('sign-list') ?? false;
}

/**
 * A log-in token for this page's origin and `nonce`.
 * @param {string} nonce @param {Options} [options] @returns {Promise<object>}
 */
export async function authenticate(nonce, options) {
  const { action: _, ...token } = await ask('authenticate', { challengeNonce: nonce }, options);
  return token;
}

/**
 * The signing certificate (base64 of DER) and what its key can do, best first.
 * @param {Options} [options]
 * @returns {Promise<{ certificate: string, supportedSignatureAlgorithms: Algorithm[] }>}
 */
export function certificate(options) {
  return ask('get-signing-certificate', {}, options);
}

/**
 * One signature with the key of `certificate` over `hash` (base64), which `hashFunction` (`SHA-384`) made.
 * @param {string} certificate @param {string} hash @param {string} hashFunction @param {Options} [options]
 * @returns {Promise<Signed>}
 */
export function sign(certificate, hash, hashFunction, options) {
  return ask('sign', { certificate, hash, hashFunction }, options);
}

/**
 * Signs a list with one PIN. Each value goes to `options.signed` as soon as the card made it: whatever happens
 * afterwards, those are done. A problem says in `signed` how many there were.
 * @param {string} certificate @param {string} hashFunction
 * @param {{ title: string, hash: string }[]} documents titles and hashes, as the window shows them; at most 200
 * @param {Options & { signed?: (index: number, value: Signed) => void }} [options]
 * @returns {Promise<number>} how many were signed: all
 */
export async function signList(certificate, hashFunction, documents, options = {}) {
  const { signed, ...rest } = options;
  const answer = await ask('sign-list', { certificate, hashFunction, documents }, rest, (part) => {
    signed?.(part.index, { signature: part.signature, signatureAlgorithm: part.signatureAlgorithm });
  });
  return answer.signed;
}

/** Actions that wait for their answer. @type {Set<string>} */
const pending = new Set();

/**
 * @param {string} name @param {object} words @param {Options} [options] @param {(part: any) => void} [onPart]
 * @returns {Promise<any>}
 */
function ask(name, words, options = {}, onPart) {
  if (pending.has(name)) {
    return Promise.reject(new CardProblem({ code: 'ERR_WEBEID_ACTION_PENDING', message: 'this page is asking already' }));
  }
  pending.add(name);
  return new Promise((resolve, reject) => {
    const person = options.timeout ?? PERSON_MS;
    const action = `${PREFIX}${name}`;
    const end = (/** @type {() => void} */ done) => {
      clearTimeout(timer);
      window.removeEventListener('message', hear);
      pending.delete(name);
      done();
    };
    const late = (/** @type {string} */ code, /** @type {number} */ limit) =>
      setTimeout(() => {
        end(() => reject(new CardProblem({ code: `ERR_WEBEID_${code}`, message: `no answer in ${limit} ms` })));
      }, limit);
    let timer = late('EXTENSION_UNAVAILABLE', EXTENSION_MS);
    const hear = (/** @type {MessageEvent} */ event) => {
      if (event.source !== window || event.origin !== window.location.origin) return;
      switch (event.data?.action) {
        case `${action}-ack`:
        case `${action}-signed`:
          clearTimeout(timer);
          // The extension keeps the person's time; this is for an extension that fell silent.
          timer = late('ACTION_TIMEOUT', person + EXTENSION_MS);
          if (event.data.action === `${action}-signed`) onPart?.(event.data);
          break;
        case `${action}-success`:
          end(() => resolve(event.data));
          break;
        case `${action}-failure`:
          end(() => reject(new CardProblem(event.data.error)));
          break;
        default:
      }
    };
    window.addEventListener('message', hear);
    const asked = { ...(options.lang ? { lang: options.lang } : {}), userInteractionTimeout: person };
    window.postMessage({ action, libraryVersion: VERSION, ...words, options: asked }, window.location.origin);
  });
}
