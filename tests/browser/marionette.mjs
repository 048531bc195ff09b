// A Firefox without a window, spoken to by its own remote protocol: as much of it as a walk through two pages needs.
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export class Firefox {
  /** @param {{ program: string, folder: string, env: Record<string, string | undefined> }} how */
  static async launch({ program, folder, env }) {
    const profile = path.join(folder, 'firefox');
    await mkdir(profile, { recursive: true });
    const port = await freePort();
    const preferences = {
      'marionette.port': port,
      'intl.accept_languages': 'nl',
      'datareporting.policy.dataSubmissionEnabled': false,
      'app.update.disabledForTesting': true,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      'browser.safebrowsing.downloads.remote.enabled': false,
      'extensions.getAddons.cache.enabled': false,
    };
    const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
    await writeFile(path.join(profile, 'user.js'), lines.join('\n'));
    const child = spawn(program, ['--headless', '--no-remote', '--marionette', '--profile', profile], { env, stdio: 'ignore' });
    const browser = new Firefox(child, await reach(port, child));
    await browser.heard();
    await browser.ask('WebDriver:NewSession', { acceptInsecureCerts: true });
    return browser;
  }

  constructor(child, socket) {
    this.child = child;
    this.socket = socket;
    this.number = 0;
    this.bytes = Buffer.alloc(0);
    this.wake = () => undefined;
    socket.on('data', (/** @type {Buffer} */ more) => {
      this.bytes = Buffer.concat([this.bytes, more]);
      this.wake();
    });
    socket.on('close', () => {
      this.isGone = true;
      this.wake();
    });
  }

  /** The next message: its length in decimal, a colon, JSON. */
  async heard() {
    for (;;) {
      const colon = this.bytes.indexOf(':');
      const length = colon < 0 ? Infinity : Number(this.bytes.subarray(0, colon).toString());
      if (this.bytes.length >= colon + 1 + length) {
        const text = this.bytes.subarray(colon + 1, colon + 1 + length).toString();
        this.bytes = this.bytes.subarray(colon + 1 + length);
        return JSON.parse(text);
      }
      if (this.isGone) throw new Error('Firefox ended');
      await new Promise((resolve) => {
        this.wake = () => resolve(undefined);
      });
    }
  }

  /** @param {string} command @param {object} [words] @returns {Promise<any>} */
  async ask(command, words = {}) {
    this.number += 1;
    const text = JSON.stringify([0, this.number, command, words]);
    this.socket.write(`${Buffer.byteLength(text)}:${text}`);
    const [, , error, result] = await this.heard();
    if (error) throw new Error(`${command}: ${error.error} ${error.message}`);
    return result;
  }

  /** @param {string} folder */
  install(folder) {
    return this.ask('Addon:Install', { path: folder, temporary: true });
  }

  /** @param {string} url */
  go(url) {
    return this.ask('WebDriver:Navigate', { url });
  }

  /** Waits for an element that is shown, and returns its text. @param {string} selector @param {number} [limit] */
  async text(selector, limit = 30_000) {
    const until = Date.now() + limit;
    for (;;) {
      const said = await this.find(selector)
        .then((id) => this.ask('WebDriver:GetElementText', { id }))
        .catch(() => undefined);
      if (said?.value) return said.value;
      if (Date.now() > until) throw new Error(`no text in ${selector}`);
      await new Promise((later) => setTimeout(later, 100));
    }
  }

  /** @param {string} selector @param {number} [limit] */
  async click(selector, limit = 30_000) {
    const until = Date.now() + limit;
    for (;;) {
      try {
        return await this.ask('WebDriver:ElementClick', { id: await this.find(selector) });
      } catch (error) {
        if (Date.now() > until) throw error;
        await new Promise((later) => setTimeout(later, 100));
      }
    }
  }

  /** @param {string} value */
  async find(value) {
    const found = await this.ask('WebDriver:FindElement', { using: 'css selector', value });
    return found.value[ELEMENT];
  }

  async close() {
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
    this.socket.destroy();
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** @param {number} port @param {import('node:child_process').ChildProcess} child */
async function reach(port, child) {
  const until = Date.now() + 60_000;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (isThere) return socket;
    if (child.exitCode !== null) throw new Error('Firefox did not start');
    if (Date.now() > until) throw new Error('Firefox takes no commands');
    await new Promise((later) => setTimeout(later, 200));
  }
}
