// The script of the pages that sign several documents with one signature, against an extension that this page plays and a
// service that this run plays: what is offered beside which program, and what goes where.
//
//   node together.mjs [folder with pages]
//
// The pages are those that the test `pages::render` wrote to target/pages.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { launch } from './browser.mjs';

const root = path.resolve(process.argv[2] ?? 'target/pages');
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };
const TOGETHER = '/list/lst_1/together';
const OFFER = {
  documents: [{ id: 'srq_1', attempt: 'att_1', title: '3 documents: TEST', hash: Buffer.alloc(48, 7).toString('base64'), hashFunction: 'SHA-384' }],
  onePin: true,
  tries: { srq_1: 'att_1', srq_2: 'att_2', srq_3: 'att_3' },
};
const CHANGED = { code: 'list_changed', title: 'TEST', detail: 'TEST' };

/** What the service was told, as path and body. @type {[string, any][]} */
let told = [];
let hasChanged = false;

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const answer = (/** @type {number} */ status, /** @type {object} */ body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.method === 'POST') {
    let body = '';
    for await (const part of request) body += part;
    told.push([pathname, JSON.parse(body)]);
    if (!pathname.endsWith('/certificate')) answer(200, { state: 'finishing' });
    else if (hasChanged) answer(409, CHANGED);
    else answer(200, OFFER);
    return;
  }
  try {
    const file = path.join(root, path.normalize(pathname));
    const bytes = await readFile(file);
    response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'text/plain' }).end(bytes);
  } catch {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<p>another page</p>');
  }
});
await new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(undefined)));
const base = `http://127.0.0.1:${server.address().port}`;
const browser = await launch();

/** Opens a page beside an extension. @param {string} name @param {{ features?: string[], cancels?: boolean } | null} extension */
async function open(name, extension) {
  const page = await (await browser.newContext()).newPage();
  page.on('pageerror', (error) => hold(false, `${name}: ${error.message}`));
  await page.addInitScript((extension) => {
    window.addEventListener('message', ({ data }) => {
      const action = /^web-eid:(status|get-signing-certificate|sign|sign-list)$/.exec(data?.action ?? '');
      if (!action || !extension) return;
      const say = (what, words) => window.postMessage({ action: `${data.action}-${what}`, ...words }, location.origin);
      say('ack', {});
      if (action[1] === 'status') say('success', { library: '2', extension: '2', nativeApp: '2', features: extension.features });
      else if (action[1] === 'get-signing-certificate') say('success', { certificate: 'AAAA', supportedSignatureAlgorithms: [] });
      else if (action[1] === 'sign-list') say('failure', { error: { code: 'ERR_WEBEID_UNKNOWN_ERROR', message: 'one digest is no list' } });
      else if (extension.cancels) say('failure', { error: { code: 'ERR_WEBEID_USER_CANCELLED', message: 'TEST' } });
      else say('success', { signature: 'BBBB', signatureAlgorithm: {} });
    });
  }, extension);
  await page.goto(`${base}/${name}`);
  return page;
}

/** @param {unknown} truth @param {string} what */
function hold(truth, what) {
  if (truth) return;
  console.error(what);
  process.exitCode = 1;
}

/** @param {unknown} seen @param {unknown} expected @param {string} what */
function same(seen, expected, what) {
  hold(JSON.stringify(seen) === JSON.stringify(expected), `${what}: ${JSON.stringify(seen)}`);
}

const OURS = { features: ['sign-list'] };
for (const [what, extension, offered] of /** @type {const} */ ([
  ['the stock program', {}, true],
  ['our program', OURS, false],
  ['no program', null, false],
])) {
  const page = await open('list-2-confirm-elsewhere.en.html', extension);
  const offer = page.locator('[data-together]');
  if (offered) await offer.waitFor({ state: 'visible' });
  // Whoever answers has answered by then; an extension that is not there is given up after a second.
  else await page.locator(extension ? 'button[data-start]' : '[data-notice]:not([hidden])').waitFor({ state: 'visible' });
  if (extension && !offered) await page.evaluate(() => new Promise((later) => setTimeout(later, 0)));
  same(await offer.isVisible(), offered, what);
}

for (const extension of [{}, OURS]) {
  told = [];
  const page = await open('list-2-together-elsewhere.en.html', extension);
  await page.locator('button[data-start]').click();
  await page.waitForURL(`${base}${TOGETHER}/progress`);
  same(
    told.map(([place, body]) => [place, body.attempt ?? body.certificate]),
    [[`${TOGETHER}/web-eid/certificate`, 'AAAA'], [`${TOGETHER}/web-eid/signature`, 'att_1']],
    'one value for all',
  );
}

told = [];
const cancelled = await open('list-2-together-elsewhere.en.html', { cancels: true });
await cancelled.locator('button[data-start]').click();
await cancelled.locator('[data-notice]:not([hidden])').waitFor();
same(told.at(-1), [`${TOGETHER}/web-eid/failure`, { code: 'pin_cancelled', tries: OFFER.tries }], 'cancelled for all');

hasChanged = true;
const changed = await open('list-2-together-elsewhere.en.html', {});
await changed.locator('button[data-start]').click();
await changed.waitForURL(`${base}${TOGETHER}/progress`);

await browser.close();
server.close();
console.log('one signature over several documents: looked at');
