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
    await writeFile(manifest, JSON.stringify({ ...installed, path: wrapper }));
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
    return new ExtensionBrowser(context, started);
  }

  constructor(context, started) {
    this.context = context;
    this.started = started;
  }

  /** Ends the program that was started last, by its number. */
  async killAgent() {
    process.kill(Number(await readFile(this.started, 'utf8')), 'SIGKILL');
  }

  close() {
    return this.context.close();
  }
}
