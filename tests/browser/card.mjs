// The card on the person's own computer: our extension in a real Chromium, our program, a virtual card in a real reader
// stack. Log-in at the demo application; then certificate, signatures and lists against a small page of this run's own,
// each value checked with the certificate's key.
//
//   node card.mjs --zegel target/debug/zegel --agent target/debug/zegel-agent --driver libifdvpcd.so --dir FOLDER
import { createHash, verify, X509Certificate } from 'node:crypto';
import { readFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { LANGUAGES, launch } from './browser.mjs';
import { ExtensionBrowser } from './extension.mjs';
import { Lab } from './lab.mjs';
import { serve } from './site.mjs';
import { Walk } from './walk.mjs';

const { values } = parseArgs({
  options: {
    zegel: { type: 'string' },
    agent: { type: 'string' },
    driver: { type: 'string' },
    dir: { type: 'string' },
  },
});
const folder = path.resolve(values.dir ?? 'target/browser-card');
const pictures = path.join(folder, 'pictures');
await mkdir(folder, { recursive: true });
/** @type {string[]} */
const faults = [];
const began = Date.now();

const lab = await Lab.up({
  zegel: path.resolve(values.zegel ?? ''),
  driver: values.driver ?? '',
  folder: path.join(folder, 'lab'),
});
const site = await serve(folder);
const browser = await ExtensionBrowser.launch({ agent: path.resolve(values.agent ?? ''), lab, folder });
const page = await browser.context.newPage();
watch(page);
try {
  await step('log in at the demo application', logIn);
  await step('sign a decision on its page', signDecision);
  await step('a list of ten on its page, the program killed at the sixth, the rest later', signList);
  await page.goto(site.address);
  await step('versions', versions);
  const certificate = await step('signing certificate', signingCertificate);
  await step('one signature', () => signOne(certificate));
  await step('a wrong PIN, then the right one', () => wrongPin(certificate));
  await step('a list of ten with one PIN', () => signTen(certificate));
  await step('cancelled', () => cancelled(certificate));
  await step('the card is taken out before the PIN', () => cardRemoved(certificate));
  await step('the program is killed at the sixth of ten', () => killed(certificate));
  await step('the page is left while the window stands', left);
  await step('no program, and an old one', programs);
  await step('a card that the service refuses', refused);
  await step('no extension, in four languages', withoutExtension);
} finally {
  await browser.close();
  site.close();
  await lab.down();
}
for (const fault of faults) console.log(fault);
console.log(`${faults.length} faults in ${Math.round((Date.now() - began) / 1000)} s`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** @template T @param {string} name @param {() => Promise<T>} work @returns {Promise<T | undefined>} */
async function step(name, work) {
  try {
    return await work();
  } catch (error) {
    faults.push(`${name}: ${error instanceof Error ? error.stack : error}`);
    return undefined;
  }
}

/** @param {boolean} isTrue @param {string} what */
function hold(isTrue, what) {
  if (!isTrue) throw new Error(what);
}

/** @param {import('playwright-core').Page} page */
function watch(page) {
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Refused/.test(message.text())) {
      faults.push(`${page.url()}: ${message.text()}`);
    }
  });
}

/** From the application's button to its welcome, by the extension. */
async function logIn() {
  await page.goto(lab.application);
  await page.locator('form[action="/login"] button').click();
  await page.locator('button[data-start]').click();
  await page.waitForFunction(() => document.querySelector('#capacity-form, #welcome, [data-notice]:not([hidden])'));
  const notice = page.locator('[data-notice]:not([hidden])');
  if (await notice.count()) throw new Error(await notice.innerText());
  if (await page.locator('#capacity-form').count()) await page.locator('main .button:not(.quiet)').first().click();
  await page.locator('#welcome').waitFor({ timeout: 30_000 });
  const shown = await windows();
  hold(shown.length === 1 && shown[0].title === 'Aanmelden', `one window for a log-in: ${JSON.stringify(shown)}`);
  hold(/https:\/\/localhost:\d+/.test(shown[0].description), 'the window names the site');
}

/** The application sends a decision, and the mayor signs it beside this browser. */
async function signDecision() {
  await page.locator('form[action="/send"] button').click();
  const address = await page.locator('#sign').getAttribute('href');
  await page.goto(address ?? '');
  await page.goto(`${page.url()}/confirm`);
  await page.locator('button[data-start]').click();
  await arrive('done');
  hold((await windows()).at(-1)?.title === 'Ondertekenen', 'a signature looks like one');
}

/** Ten requests in a list: five are signed when the program is killed, and five in another go. */
async function signList() {
  const { address } = await sendTen();
  await page.goto(address);
  await page.locator('main form button').click();
  await page.locator('button[data-start]').waitFor();
  await lab.command('card', 'fault', 'mayor', 'slow', '--at', '2A', '--after', '5', '--millis', '6000');
  const before = (await windows()).length;
  await page.locator('button[data-start]').click();
  await page.waitForFunction(() => document.querySelector('[data-signed]')?.textContent === '5', undefined, {
    timeout: 60_000,
  });
  await browser.killAgent();
  await lab.command('card', 'fault', 'mayor', 'clear');
  await page.waitForURL(/\/progress$/);
  await page.locator('.notice').waitFor();
  const said = await page.locator('main').innerText();
  hold(said.includes('5 van 10 ondertekend'), said);
  hold((await windows()).slice(before).filter((one) => one.kind === 'pin').length === 1, 'one PIN for the list');
  await page.goto(address);
  hold((await page.locator('input[name="only"]').count()) === 5, 'five still wait');
  await page.locator('main form button').click();
  await page.locator('button[data-start]').click();
  await arrive('5 documenten ondertekend');
  await page.goto(address);
  hold((await page.locator('input[name="only"]').count()) === 0, 'none waits any more');
}

/** Waits for the page at the end of signing. @param {string} words */
async function arrive(words) {
  await page.waitForURL(/\/progress$|\/sign\/srq_[^/]+$/, { timeout: 60_000 });
  const wanted = words === 'done' ? 'U hebt ondertekend' : words;
  await page.waitForFunction((text) => document.querySelector('h1')?.textContent?.includes(text), wanted, {
    timeout: 60_000,
  });
}

/** Sends ten decisions as the demo application would and makes a list of them. Returns its address for signers. */
async function sendTen() {
  const house = path.join(lab.folder, 'house');
  const secret = (await readFile(path.join(house, 'application.secret'), 'utf8')).trim();
  const service = /public_url = "([^"]+)"/.exec(await readFile(path.join(house, 'zegel.toml'), 'utf8'))?.[1] ?? '';
  const form = { grant_type: 'client_credentials', scope: 'signing' };
  const basic = `Basic ${Buffer.from(`demo-application:${encodeURIComponent(secret)}`).toString('base64')}`;
  const request = browser.context.request;
  const token = await request.post(`${service}/b/zegelgem/token`, { form, headers: { authorization: basic } });
  const authorization = `Bearer ${(await token.json()).access_token}`;
  const document = await request.get(`${lab.application}/decision`);
  hold(document.ok(), 'the application shows its decision');
  const buffer = await document.body();
  const requests = [];
  for (let number = 1; number <= 10; number += 1) {
    const words = { title: `Besluit ${number}`, document_kind: 'decision', body: 'college', document_name: 'besluit.pdf' };
    const made = await request.post(`${service}/api/v1/signing_requests`, {
      headers: { authorization, 'idempotency-key': `decision-${number}` },
      multipart: {
        request: { name: 'request.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(words)) },
        document: { name: 'besluit.pdf', mimeType: 'application/pdf', buffer },
      },
    });
    hold(made.status() === 201, `a request: ${made.status()} ${await made.text()}`);
    requests.push((await made.json()).id);
  }
  const list = await request.post(`${service}/api/v1/signing_lists`, {
    headers: { authorization, 'idempotency-key': 'the-list-of-ten' },
    data: { title: 'Besluiten van het college', requests },
  });
  hold(list.status() === 201, `a list: ${list.status()} ${await list.text()}`);
  return { address: (await list.json()).signing_url };
}

/** Runs a call of the page's script in the page; problems come back as their words. */
function call(/** @type {string} */ name, /** @type {any[]} */ ...words) {
  return page.evaluate(
    async ({ name, words }) => {
      const card = await import('/web-eid.js');
      const signed = [];
      const options = { lang: 'nl', timeout: 60_000 };
      if (name === 'signList') options.signed = (index, value) => signed.push({ index, ...value });
      try {
        return { answer: await card[name](...words, options), signed };
      } catch (error) {
        return { code: error.code, reason: error.reason, count: error.signed, signed };
      }
    },
    { name, words },
  );
}

async function versions() {
  const { answer } = await call('status');
  hold(/^2\.\d+\.\d+\+zegel\./.test(answer?.nativeApp ?? ''), `versions: ${JSON.stringify(answer)}`);
  hold(answer.features.includes('sign-list'), 'lists are offered');
}

async function signingCertificate() {
  const before = (await windows()).length;
  const { answer, reason } = await call('certificate');
  hold(answer !== undefined, `no certificate: ${reason}`);
  const certificate = new X509Certificate(Buffer.from(answer.certificate, 'base64'));
  hold(certificate.subject.includes('(Signature)'), certificate.subject);
  hold(answer.supportedSignatureAlgorithms[0].hashFunction === hashOf(certificate), 'the usual hash comes first');
  const [shown] = (await windows()).slice(before);
  hold(shown.kind === 'confirm' && shown.description.includes(site.address), 'the person was asked');
  return answer.certificate;
}

/** @param {string} certificate */
async function signOne(certificate) {
  const { hash, name } = hashed('one', certificate);
  const { answer, reason } = await call('sign', certificate, hash, name);
  hold(answer !== undefined, `not signed: ${reason}`);
  hold(isSigned('one', answer.signature, certificate), 'the signature does not verify');
  hold((await windows()).at(-1).title === 'Ondertekenen', 'a signature looks like one');
}

/** @param {string} certificate */
async function wrongPin(certificate) {
  await lab.command('pin', '--next', 'wrong');
  const before = (await windows()).length;
  const { hash, name } = hashed('twice', certificate);
  const { answer, reason } = await call('sign', certificate, hash, name);
  hold(answer !== undefined, `not signed: ${reason}`);
  const shown = (await windows()).slice(before);
  hold(shown.length === 2 && shown[0].error === '' && shown[1].error.includes('2'), JSON.stringify(shown));
}

/** @param {string} certificate */
async function signTen(certificate) {
  const before = (await windows()).length;
  const list = ten(certificate);
  const { answer, signed, reason } = await call('signList', certificate, list.name, list.documents);
  hold(answer === 10 && signed.length === 10, `${answer} of ten, ${signed.length} delivered: ${reason}`);
  for (const { index, signature } of signed) {
    hold(isSigned(list.texts[index], signature, certificate), `signature ${index} does not verify`);
  }
  const shown = (await windows()).slice(before);
  hold(shown.filter((one) => one.kind === 'pin').length === 1, `one PIN: ${JSON.stringify(shown)}`);
  const said = shown.map((one) => one.description).join('\n');
  hold(list.documents.every(({ title }) => said.includes(title)), `every title was shown: ${said}`);
}

/** @param {string} certificate */
async function cancelled(certificate) {
  await lab.command('pin', '--next', 'cancel');
  const { hash, name } = hashed('no', certificate);
  const { code, reason } = await call('sign', certificate, hash, name);
  hold(code === 'ERR_WEBEID_USER_CANCELLED' && reason === 'pin_cancelled', `${code} ${reason}`);
}

/** @param {string} certificate */
async function cardRemoved(certificate) {
  await lab.command('pin', '--next', 'wait');
  const before = (await windows()).length;
  const { hash, name } = hashed('gone', certificate);
  const asked = call('sign', certificate, hash, name);
  await windowAfter(before);
  await lab.remove('mayor');
  const { code, reason } = await asked;
  hold(code === 'ERR_WEBEID_NATIVE_FATAL' && reason === 'card_removed', `${code} ${reason}`);
  await lab.insert('mayor');
}

/** @param {string} certificate */
async function killed(certificate) {
  // The sixth signature takes its time: that is when the program goes.
  await lab.command('card', 'fault', 'mayor', 'slow', '--at', '2A', '--after', '5', '--millis', '5000');
  await page.exposeFunction('fifth', () => browser.killAgent());
  const list = ten(certificate);
  const { signed, code, reason, count } = await page.evaluate(
    async ({ certificate, name, documents }) => {
      const card = await import('/web-eid.js');
      const signed = [];
      const taken = (index, value) => {
        signed.push({ index, ...value });
        if (index === 4) globalThis.fifth();
      };
      try {
        await card.signList(certificate, name, documents, { lang: 'nl', signed: taken });
        return { signed };
      } catch (error) {
        return { signed, code: error.code, reason: error.reason, count: error.signed };
      }
    },
    { certificate, name: list.name, documents: list.documents },
  );
  hold(signed.length === 5 && count === 5, `${signed.length} delivered, ${count} said`);
  hold(code === 'ERR_WEBEID_UNKNOWN_ERROR' && reason === 'agent_stopped', `${code} ${reason}`);
  for (const { index, signature } of signed) {
    hold(isSigned(list.texts[index], signature, certificate), `signature ${index} does not verify`);
  }
  // The rest in a second list: a new program, a new PIN.
  await lab.command('card', 'fault', 'mayor', 'clear');
  const rest = await call('signList', certificate, list.name, list.documents.slice(5));
  hold(rest.answer === 5, `the rest: ${rest.answer} ${rest.reason}`);
}

/** Leaving the page closes the window: the program ends, and the card is free for the next page. */
async function left() {
  await lab.command('pin', '--next', 'wait');
  const before = (await windows()).length;
  void page.evaluate(async () => {
    const card = await import('/web-eid.js');
    void card.certificate({ lang: 'nl' }).catch(() => undefined);
  });
  await windowAfter(before);
  await page.goto(site.address);
  let said = await call('certificate');
  const until = Date.now() + 10_000;
  // The first window may take a moment to go.
  while (said.reason === 'already_waiting' && Date.now() < until) said = await call('certificate');
  hold(said.answer !== undefined, `the card is still busy: ${said.code} ${said.reason}`);
}

/** What is missing or too old is told apart. */
async function programs() {
  await browser.useProgram('/nonexistent/zegel-agent');
  const missing = await call('status');
  hold(missing.code === 'ERR_WEBEID_NATIVE_UNAVAILABLE' && missing.reason === 'agent_missing', JSON.stringify(missing));
  await browser.useOldProgram();
  const old = await call('status');
  hold(old.code === 'ERR_WEBEID_VERSION_MISMATCH' && old.reason === 'agent_outdated', JSON.stringify(old));
  await browser.useProgram(browser.usual);
  hold((await call('status')).answer !== undefined, 'the usual one is back');
}

/** What the service says of a card stands on the page, with the reference of the request. */
async function refused() {
  await lab.remove('mayor');
  await lab.insert('revoked');
  await browser.context.clearCookies();
  await page.goto(lab.application);
  await page.locator('form[action="/login"] button').click();
  await page.locator('button[data-start]').click();
  await page.locator('[data-notice]:not([hidden])').waitFor({ timeout: 30_000 });
  const code = await page.locator('[data-notice] [data-code]').innerText();
  const reference = await page.locator('[data-notice] [data-reference]').innerText();
  hold(code === 'certificate_revoked' && /^[0-9a-f]{16}$/.test(reference), `${code} ${reference}`);
  hold((await page.locator('[data-notice]').innerText()).includes('nu niet gebruiken'), 'in the page\'s language');
  await lab.remove('revoked');
  await lab.insert('mayor');
}

/** Without an extension the page says what is missing, in the page's language, and stays usable. */
async function withoutExtension() {
  const plain = await launch();
  try {
    for (const language of LANGUAGES) {
      const walk = await Walk.begin(plain, { language, pictures, faults, counts: { pages: 0, clicks: 0 } });
      await walk.page.goto(lab.application);
      await walk.click('form[action="/login"] button');
      await walk.page.waitForURL(/\/interaction\//).catch(async () => {
        throw new Error(`${language}: stays at ${walk.page.url()}: ${await walk.page.locator('body').innerText()}`);
      });
      await walk.speak();
      await walk.click('button[data-start]');
      await walk.page.locator('[data-notice]:not([hidden])').waitFor({ timeout: 10_000 });
      const code = await walk.page.locator('[data-notice] [data-code]').innerText();
      hold(code === 'extension_missing', `${language}: ${code}`);
      hold(await walk.page.evaluate(() => document.activeElement?.matches('[data-notice]') ?? false), 'focus is there');
      await walk.look('card-login-without-extension');
      // Where there is no counter's reader, it is said without a click.
      await walk.page.evaluate(() => {
        const box = document.querySelector('[data-card-login]');
        box.setAttribute('data-alone', '');
        box.querySelector('[data-notice]').hidden = true;
        return import(`${document.querySelector('script[src*="card-login"]').src}?again`);
      });
      await walk.page.locator('[data-notice]:not([hidden])').waitFor({ timeout: 10_000 });
      await walk.end();
    }
  } finally {
    await plain.close();
  }
}

/** What the PIN program was told to show so far. */
async function windows() {
  const text = await readFile(path.join(lab.folder, 'pins-shown.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/** Waits until one more window was shown. @param {number} before */
async function windowAfter(before) {
  const until = Date.now() + 15_000;
  while ((await windows()).length <= before) {
    hold(Date.now() < until, 'no window was shown');
    await new Promise((later) => setTimeout(later, 50));
  }
}

/** @param {X509Certificate} certificate */
function hashOf(certificate) {
  return certificate.publicKey.asymmetricKeyType === 'ec' ? 'SHA-384' : 'SHA-256';
}

/** @param {string} text @param {string} certificate */
function hashed(text, certificate) {
  const name = hashOf(new X509Certificate(Buffer.from(certificate, 'base64')));
  return { name, hash: createHash(name.replace('-', '').toLowerCase()).update(text).digest('base64') };
}

/** @param {string} certificate */
function ten(certificate) {
  const texts = Array.from({ length: 10 }, (_, number) => `Besluit ${number + 1} van het college`);
  const documents = texts.map((title) => ({ title, hash: hashed(title, certificate).hash }));
  return { texts, documents, name: hashed('', certificate).name };
}

/** @param {string} text @param {string} signature @param {string} certificate */
function isSigned(text, signature, certificate) {
  const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'));
  const hash = publicKey.asymmetricKeyType === 'ec' ? 'sha384' : 'sha256';
  const key = { key: publicKey, dsaEncoding: /** @type {const} */ ('ieee-p1363') };
  return verify(hash, Buffer.from(text), key, Buffer.from(signature, 'base64'));
}
