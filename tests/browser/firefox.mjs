// Our extension in Firefox: log-in at the demo application; versions, certificate, one signature and a list of three
// against a page of this run's own. What differs from Chromium is the browser; the rest is walked there (card.mjs).
//
//   node firefox.mjs --zegel target/debug/zegel --agent target/debug/zegel-agent --driver libifdvpcd.so --dir FOLDER
import { execFileSync } from 'node:child_process';
import { verify, X509Certificate } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Lab } from './lab.mjs';
import { Firefox } from './marionette.mjs';
import { serve } from './site.mjs';

const { values } = parseArgs({
  options: {
    zegel: { type: 'string' },
    agent: { type: 'string' },
    driver: { type: 'string' },
    dir: { type: 'string' },
    firefox: { type: 'string' },
  },
});
const folder = path.resolve(values.dir ?? 'target/browser-firefox');
const home = path.join(folder, 'home');
await mkdir(home, { recursive: true });
const began = Date.now();
const lab = await Lab.up({
  zegel: path.resolve(values.zegel ?? ''),
  driver: values.driver ?? '',
  folder: path.join(folder, 'lab'),
});
const site = await serve(folder);
const settings = path.join(folder, 'agent.json');
await writeFile(settings, JSON.stringify({ pin_program: [lab.zegel, 'lab', 'pinentry', '--dir', lab.folder] }));
execFileSync(path.resolve(values.agent ?? ''), ['install', '--browser', 'firefox', '--dir', home, '--silent']);
const browser = await Firefox.launch({
  program: values.firefox ?? '/usr/bin/firefox-esr',
  folder,
  env: {
    ...process.env,
    HOME: home,
    PCSCLITE_CSOCK_NAME: path.join(lab.folder, 'pcsc/run/pcscd.comm'),
    ZEGEL_AGENT_SETTINGS: settings,
  },
});
/** @type {string | undefined} */
let fault;
try {
  await browser.install(fileURLToPath(new URL('../../web/extension', import.meta.url)));
  await probe();
  await logIn();
} catch (error) {
  fault = error instanceof Error ? error.stack : String(error);
} finally {
  await browser.close();
  site.close();
  await lab.down();
}
if (fault) console.log(fault);
console.log(`Firefox: ${fault ? 'failed' : 'log-in, certificate, signature and list'} in ${Math.round((Date.now() - began) / 1000)} s`);
process.exitCode = fault ? 1 : 0;

async function probe() {
  await browser.go(`${site.address}/probe`);
  const result = JSON.parse(await browser.text('#result', 60_000));
  hold(result.error === undefined, String(result.error));
  hold(result.versions.features.includes('sign-list'), JSON.stringify(result.versions));
  hold(isSigned('one', result.signed.signature, result), 'the signature does not verify');
  hold(result.count === 3 && result.parts.length === 3, `${result.count} of three`);
  for (const { index, signature } of result.parts) {
    hold(isSigned(['a', 'b', 'c'][index] ?? '', signature, result), `signature ${index} does not verify`);
  }
}

async function logIn() {
  await browser.go(lab.application);
  await browser.click('form[action="/login"] button');
  await browser.click('button[data-start]');
  await browser.click('#capacity-form ~ .actions .button:not(.quiet)', 60_000);
  hold((await browser.text('#welcome')).length > 0, 'no welcome');
}

/** @param {boolean} isTrue @param {string} what */
function hold(isTrue, what) {
  if (!isTrue) throw new Error(what);
}

/** @param {string} text @param {string} signature @param {{ certificate: string, name: string }} by */
function isSigned(text, signature, by) {
  const { publicKey } = new X509Certificate(Buffer.from(by.certificate, 'base64'));
  const key = { key: publicKey, dsaEncoding: /** @type {const} */ ('ieee-p1363') };
  return verify(by.name.replace('-', '').toLowerCase(), Buffer.from(text), key, Buffer.from(signature, 'base64'));
}
