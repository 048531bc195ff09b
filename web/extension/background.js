// @ts-check
// Beside the pages: starts zegel-agent for one request, says who asks, and hands its answers on.
//
// Who asks is what the browser says of the page, never what the page says of itself. One card action at a time.

const api = globalThis.browser ?? globalThis.chrome;

const HOST = 'be.zegel.agent';
const PREFIX = 'web-eid:';
const HANDSHAKE_MS = 5000;
/** How long a person has, unless the page says otherwise; and the longest a page may say. */
const USUAL_MS = 120_000;
const LONGEST_MS = 900_000;

/** What each action needs of the page, by the command it becomes. @type {Record<string, string[]>} */
const NEEDED = {
  status: [],
  authenticate: ['challengeNonce'],
  'get-signing-certificate': [],
  sign: ['certificate', 'hash', 'hashFunction'],
  'sign-list': ['certificate', 'hashFunction', 'documents'],
};

/** Whether a card action is going on. A second one would be a second window. */
let isBusy = false;

class Problem extends Error {
  /** @param {string} code @param {string} message @param {object} [more] */
  constructor(code, message, more = {}) {
    super(message);
    this.code = `ERR_WEBEID_${code}`;
    this.more = more;
  }
}

api.runtime.onConnect.addListener((/** @type {any} */ port) => {
  const { name, sender } = port;
  if (!Object.hasOwn(NEEDED, name) || sender?.id !== api.runtime.id || sender.frameId !== 0) {
    port.disconnect();
    return;
  }
  const leaving = new AbortController();
  port.onDisconnect.addListener(() => {
    void api.runtime.lastError;
    leaving.abort();
  });
  let isAsked = false;
  port.onMessage.addListener(async (/** @type {any} */ request) => {
    if (isAsked) return;
    isAsked = true;
    const part = (/** @type {object} */ message) => post(port, leaving, { action: `${PREFIX}${name}-signed`, ...message });
    try {
      const answer = await serve(name, request, originOf(sender), leaving.signal, part);
      post(port, leaving, { action: `${PREFIX}${name}-success`, ...answer });
    } catch (error) {
      post(port, leaving, { action: `${PREFIX}${name}-failure`, error: told(error) });
    }
  });
});

/** @param {any} port @param {AbortController} leaving @param {object} message */
function post(port, leaving, message) {
  if (!leaving.signal.aborted) port.postMessage(message);
}

/** The page's origin, by the browser's own word. @param {any} sender @returns {string} */
function originOf(sender) {
  return sender.origin ?? new URL(sender.url).origin;
}

/** @param {unknown} error */
function told(error) {
  const known = error instanceof Problem;
  return {
    name: 'WebEidError',
    code: known ? error.code : 'ERR_WEBEID_UNKNOWN_ERROR',
    message: error instanceof Error ? error.message : String(error),
    extension: version(),
    ...(known ? error.more : {}),
  };
}

/**
 * @param {string} name @param {any} request @param {string} origin @param {AbortSignal} left
 * @param {(message: object) => void} part
 */
async function serve(name, request, origin, left, part) {
  for (const parameter of NEEDED[name] ?? []) {
    if (!request?.[parameter]) throw new Problem('MISSING_PARAMETER', `\`${parameter}\` is missing`);
  }
  const isAct = name !== 'status';
  if (isAct && isBusy) {
    throw new Problem('ACTION_PENDING', 'another page is asking the card', { reason: 'already_waiting' });
  }
  isBusy ||= isAct;
  try {
    const agent = await Agent.start(left);
    try {
      const versions = compared(request?.libraryVersion, agent.version);
      if (!isAct) {
        await agent.ask({ command: 'quit', arguments: {} }, HANDSHAKE_MS, left, part);
        return { ...versions, features: ['sign-list'] };
      }
      const words = Object.fromEntries((NEEDED[name] ?? []).map((parameter) => [parameter, request[parameter]]));
      const lang = typeof request.options?.lang === 'string' ? { lang: request.options.lang } : {};
      const asked = Number(request.options?.userInteractionTimeout);
      const limit = asked > 0 ? Math.min(asked, LONGEST_MS) : USUAL_MS;
      return await agent.ask({ command: name, arguments: { ...words, origin, ...lang } }, limit, left, part);
    } finally {
      agent.stop();
    }
  } finally {
    if (isAct) isBusy = false;
  }
}

/** The version of this extension. */
function version() {
  return api.runtime.getManifest().version;
}

/** @param {string} text @returns {number} */
function major(text) {
  const found = /^v?(\d+)\.\d+\.\d+/.exec(text ?? '');
  if (!found) throw new Problem('VERSION_INVALID', `\`${text}\` is no version`);
  return Number(found[1]);
}

/** The versions of all three, when they go together. @param {string} library @param {string} nativeApp */
function compared(library, nativeApp) {
  const extension = version();
  const versions = { library: library ?? extension, extension, nativeApp };
  const wanted = Math.max(major(versions.library), major(extension));
  const requiresUpdate = {
    extension: major(extension) < major(versions.library),
    nativeApp: major(nativeApp) < wanted,
  };
  if (requiresUpdate.extension || requiresUpdate.nativeApp) {
    throw new Problem('VERSION_MISMATCH', 'page, extension and program do not go together', {
      ...versions,
      requiresUpdate,
    });
  }
  return versions;
}

/** One run of the program. */
class Agent {
  /** @param {AbortSignal} left @returns {Promise<Agent>} */
  static async start(left) {
    const agent = new Agent(api.runtime.connectNative(HOST));
    try {
      const greeting = await agent.next(HANDSHAKE_MS, left, 'NATIVE_UNAVAILABLE');
      if (typeof greeting?.version !== 'string') {
        throw new Problem('NATIVE_UNAVAILABLE', 'the program did not say its version');
      }
      agent.version = greeting.version;
      return agent;
    } catch (error) {
      agent.stop();
      throw error;
    }
  }

  /** @param {any} port */
  constructor(port) {
    this.port = port;
    this.version = '';
    /** @type {any[]} */
    this.heard = [];
    this.isGone = false;
    /** @type {() => void} */
    this.wake = () => undefined;
    port.onMessage.addListener((/** @type {any} */ message) => {
      this.heard.push(message);
      this.wake();
    });
    port.onDisconnect.addListener(() => {
      this.why = port.error?.message ?? api.runtime.lastError?.message;
      this.isGone = true;
      this.wake();
    });
  }

  stop() {
    this.port.disconnect();
  }

  /**
   * What the program says next. Everything it said before it ended still counts.
   * @param {number} limit @param {AbortSignal} left @param {string} unavailable the code for a program that ended
   */
  async next(limit, left, unavailable) {
    const until = Date.now() + limit;
    while (this.heard.length === 0) {
      const rest = until - Date.now();
      if (left.aborted) throw new Problem('USER_CANCELLED', 'the page was left');
      if (this.isGone) {
        const reason = unavailable === 'NATIVE_UNAVAILABLE' ? 'agent_missing' : 'agent_stopped';
        throw new Problem(unavailable, this.why ?? 'the program ended', { reason });
      }
      if (rest <= 0) throw new Problem('USER_TIMEOUT', 'nothing was done in time', { reason: 'pin_timeout' });
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, rest);
        const go = () => {
          clearTimeout(timer);
          left.removeEventListener('abort', go);
          resolve(undefined);
        };
        this.wake = go;
        left.addEventListener('abort', go);
      });
    }
    return this.heard.shift();
  }

  /**
   * Sends the one command and returns its last answer; the values of a list go to `part` as they come.
   * @param {object} command @param {number} limit @param {AbortSignal} left @param {(message: object) => void} part
   */
  async ask(command, limit, left, part) {
    this.port.postMessage(command);
    let signed = 0;
    try {
      for (;;) {
        const answer = await this.next(limit, left, 'UNKNOWN_ERROR');
        if (answer?.error) {
          const { code, message, ...more } = answer.error;
          throw new Problem(String(code).replace(/^ERR_WEBEID_/, ''), String(message), more);
        }
        if (typeof answer?.index !== 'number') return answer;
        signed += 1;
        part(answer);
      }
    } catch (error) {
      if (error instanceof Problem) error.more = { ...error.more, signed };
      throw error;
    }
  }
}
