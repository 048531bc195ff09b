// Both journeys in a real browser, in four languages, against a laboratory of this run's own.
//
//   node run.mjs --zegel target/debug/zegel --driver libifdvpcd.so --dir FOLDER
//
// A picture of every page at phone and desktop width, axe with every rule on every page, nothing wider than 320 px, and
// no complaint about the content security policy. Prints how many pages and clicks each journey took.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { LANGUAGES, launch } from './browser.mjs';
import { Lab } from './lab.mjs';
import { Walk } from './walk.mjs';

const { values } = parseArgs({
  options: { zegel: { type: 'string' }, driver: { type: 'string' }, dir: { type: 'string' } },
});
const folder = path.resolve(values.dir ?? 'target/browser');
const pictures = path.join(folder, 'pictures');
const faults = [];

const lab = await Lab.up({ zegel: path.resolve(values.zegel ?? ''), driver: values.driver ?? '', folder });
const browser = await launch();
try {
  for (const language of LANGUAGES) {
    const counts = { login: { pages: 0, clicks: 0 }, sign: { pages: 0, clicks: 0 } };
    const run = (journey) => ({ language, pictures, faults, counts: counts[journey] });
    const address = await logInAndSend(run('login'));
    await signAs('mayor', address, run('sign'), 'mayor');
    await signAs('director', address, run('sign'), 'director');
    await besideTheJourneys(run('login'));
    console.log(
      `${language}: log in ${counts.login.pages} pages, ${counts.login.clicks} clicks; ` +
        `two signatures ${counts.sign.pages} pages, ${counts.sign.clicks} clicks`,
    );
  }
} catch (error) {
  faults.push(`the walk ended early: ${error instanceof Error ? error.stack : error}`);
} finally {
  await browser.close();
  await lab.down();
}
for (const fault of faults) console.log(fault);
console.log(`${faults.length} faults; pictures in ${pictures}`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** The mayor logs in to the application, which then sends a decision. Returns where it is signed. */
async function logInAndSend(run) {
  await only('mayor');
  const walk = await Walk.begin(browser, run);
  await walk.page.goto(lab.application);
  await walk.click('form[action="/login"] button');
  await logIn(walk, 'login');
  await walk.page.locator('#welcome').waitFor({ timeout: 30_000 });
  await walk.click('form[action="/send"] button');
  const address = await walk.page.locator('#sign').getAttribute('href');
  await walk.end();
  return address ?? '';
}

/** From the first page of the visit to the application, or to our own page that asked. */
async function logIn(walk, name) {
  await walk.speak();
  await walk.look(`${name}-1-start`);
  await walk.pin(`${name}-2`);
  if (await walk.page.locator('#capacity-form').count()) {
    await walk.look(`${name}-3-capacity`);
    await walk.go();
  }
}

/** One signer, in a browser of their own. */
async function signAs(card, address, run, name) {
  await only(card);
  const walk = await Walk.begin(browser, run);
  await walk.page.goto(address);
  if (new URL(walk.page.url()).pathname.startsWith('/interaction/')) await logIn(walk, `sign-${name}-login`);
  await walk.page.locator('.document').first().waitFor({ timeout: 30_000 });
  await walk.look(`sign-${name}-1-ask`);
  await walk.go();
  await walk.look(`sign-${name}-2-confirm`);
  await walk.pin(`sign-${name}-3`);
  await walk.page.locator('main a[download]').first().waitFor({ timeout: 90_000 });
  await walk.look(`sign-${name}-4-done`);
  const [download] = await Promise.all([
    walk.page.waitForEvent('download'),
    walk.click('main a[download]'),
  ]);
  const signed = path.join(pictures, `${name}.${run.language}.pdf`);
  await download.saveAs(signed);
  await verify(walk, signed, name);
  await walk.end();
}

/** The page anybody can use to check what was signed. */
async function verify(walk, file, name) {
  const origin = new URL(walk.page.url()).origin;
  await walk.page.goto(`${origin}/verify`);
  await walk.look(`verify-1-form-${name}`);
  await walk.page.locator('#file').setInputFiles(file);
  await walk.go();
  await walk.page.locator('.verdict').first().waitFor({ timeout: 30_000 });
  await walk.look(`verify-2-result-${name}`);
  const words = await walk.page.locator('.verdict').evaluateAll((all) => all.map((one) => one.className));
  if (words.some((word) => !word.includes('passed'))) walk.run.faults.push(`${name}: a signature is not valid: ${words}`);
}

/** Start, accessibility statement, and a page that is not there. */
async function besideTheJourneys(run) {
  const walk = await Walk.begin(browser, run);
  await walk.page.goto(lab.application);
  await walk.click('form[action="/login"] button');
  const origin = new URL(walk.page.url()).origin;
  for (const [name, place] of [['start', '/'], ['accessibility', '/accessibility'], ['not-found', '/no-such-page']]) {
    await walk.page.goto(`${origin}${place}?lang=${run.language}`);
    await walk.look(name);
  }
  await walk.end();
}

/** Leaves this one card in the readers. */
async function only(card) {
  for (const other of ['mayor', 'director', 'alderman', 'staff', 'citizen']) {
    if (other !== card) await lab.remove(other);
  }
  await lab.insert(card).catch(() => '');
}
