// A Chromium with our extension in it, which starts our program beside a laboratory's readers.
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { QUIET, SIZES } from './browser.mjs';

const run = promisify(execFile);
const EXTENSION = fileURLToPath(new URL('../../web/extension', import.meta.url));

export class ExtensionBrowser {
  /**
   * @param {{ agent: string, lab: import('./lab.mjs').Lab, folder: string, locale?: string }} where
   */
  static async launch({ agent, lab, folder, locale = 'nl' }) {
    const profile = path.join(folder, 'profile');
    await mkdir(profile, { recursive: true });
    const settings = path.join(folder, 'agent.json');
    await writeFile(
      settings,
      JSON.stringify({ pin_program: [lab.zegel, 'lab', 'pinentry', '--dir', lab.folder], window_seconds: 30 }),
    );
    await run(agent, ['install', '--browser', 'chromium', '--user-data-dir', profile]);
    // The program's process is noted on its way, so that a test can end this one and no other.
    const manifest = path.join(profile, 'NativeMessagingHosts', 'be.zegel.agent.json');
    const installed = JSON.parse(await readFile(manifest, 'utf8'));
    const started = path.join(folder, 'agent.pid');
    const wrapper = path.join(folder, 'agent.sh');
    await writeFile(wrapper, `#!/bin/sh\necho $$ > '${started}'\nexec '${installed.path}' "$@"\n`);
    await chmod(wrapper, 0o755);
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.ZEGEL_CHROMIUM ?? '/usr/bin/chromium',
      headless: false,
      args: [
        ...QUIET,
        '--headless=new',
        `--load-extension=${EXTENSION}`,
        `--disable-extensions-except=${EXTENSION}`,
        '--disable-features=DisableLoadExtensionCommandLineSwitch',
      ],
      ignoreDefaultArgs: ['--disable-extensions'],
      ignoreHTTPSErrors: true,
      locale,
      viewport: SIZES.desktop,
      reducedMotion: 'reduce',
      env: {
        ...process.env,
        PCSCLITE_CSOCK_NAME: path.join(lab.folder, 'pcsc/run/pcscd.comm'),
        ZEGEL_AGENT_SETTINGS: settings,
      },
    });
    const browser = new ExtensionBrowser(context, { folder, manifest, installed, started });
    await browser.useProgram(wrapper);
    browser.usual = wrapper;
    return browser;
  }

  constructor(context, places) {
    this.context = context;
    this.places = places;
    this.usual = '';
  }

  /** From now on the extension starts this program. @param {string} program */
  async useProgram(program) {
    await writeFile(this.places.manifest, JSON.stringify({ ...this.places.installed, path: program }));
  }

  /** From now on the extension starts a program that is there and speaks, and is too old. */
  async useOldProgram() {
    const old = path.join(this.places.folder, 'old.sh');
    await writeFile(old, `#!/bin/sh\nprintf '\\023\\000\\000\\000{"version":"1.0.0"}'\ncat >/dev/null\n`);
    await chmod(old, 0o755);
    await this.useProgram(old);
  }

  /** Ends the program that was started last, by its number. */
  async killAgent() {
    process.kill(Number(await readFile(this.places.started, 'utf8')), 'SIGKILL');
  }

  close() {
    return this.context.close();
  }
}
