// One person's way through the pages, with everything that is checked on each page.
import path from 'node:path';
import { mkdir } from 'node:fs/promises';
import { overflow, violations } from './axe.mjs';
import { SIZES } from './browser.mjs';

export class Walk {
  /**
   * @param {import('playwright-core').Browser} browser
   * @param {{ language: string, pictures: string, faults: string[], counts: { pages: number, clicks: number } }} run
   */
  static async begin(browser, run) {
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      locale: run.language,
      viewport: SIZES.desktop,
      reducedMotion: 'reduce',
    });
    await mkdir(run.pictures, { recursive: true });
    const page = await context.newPage();
    const walk = new Walk(context, page, run);
    page.on('pageerror', (error) => run.faults.push(`${run.language} ${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy|Refused/.test(message.text())) {
        run.faults.push(`${run.language} ${page.url()}: ${message.text()}`);
      }
    });
    return walk;
  }

  constructor(context, page, run) {
    this.context = context;
    this.page = page;
    this.run = run;
  }

  /** Checks this page and takes its picture at phone and desktop width. @param {string} name */
  async look(name) {
    const label = `${name}.${this.run.language}`;
    this.run.counts.pages += 1;
    const lang = await this.page.locator('html').getAttribute('lang');
    if (lang !== this.run.language) this.run.faults.push(`${label}: the page is in ${lang}`);
    this.run.faults.push(...(await violations(this.page, label)));
    for (const [size, viewport] of Object.entries(SIZES)) {
      await this.page.setViewportSize(viewport);
      await this.page.screenshot({ path: path.join(this.run.pictures, `${label}.${size}.png`), fullPage: true });
    }
    await this.page.setViewportSize({ width: 320, height: 740 });
    this.run.faults.push(...(await overflow(this.page, label)));
    await this.page.setViewportSize(SIZES.desktop);
  }

  /** Presses the page's one primary button. */
  async go() {
    this.run.counts.clicks += 1;
    await this.page.locator('main .button:not(.quiet)').first().click();
  }

  async click(selector) {
    this.run.counts.clicks += 1;
    await this.page.locator(selector).first().click();
  }

  /** Changes the language by the page's own links, which must keep the place. */
  async speak() {
    const before = new URL(this.page.url()).pathname;
    await this.page.locator(`.languages a[lang="${this.run.language}"]`).click();
    await this.page.waitForLoadState();
    const after = new URL(this.page.url()).pathname;
    if (before !== after) this.run.faults.push(`${this.run.language}: the language link left ${before} for ${after}`);
  }

  /** From the page that asks for the PIN to whatever comes after the card. @param {string} name */
  async pin(name) {
    const from = await this.page.locator('h1').textContent();
    await this.go();
    await this.page.waitForFunction((old) => document.querySelector('h1')?.textContent !== old, from, { timeout: 30_000 });
    // The laboratory types quickly: the picture is taken when there is still something to see.
    if (await this.page.locator('.short-code').count()) {
      const file = path.join(this.run.pictures, `${name}-waiting.${this.run.language}.png`);
      await this.page.screenshot({ path: file, fullPage: true }).catch(() => undefined);
    }
    await this.page.waitForFunction(() => document.querySelector('.short-code, .waiting') === null, undefined, {
      timeout: 90_000,
    });
    if (await this.page.locator('.notice[role="alert"]').count()) {
      const words = await this.page.locator('main').innerText();
      throw new Error(`${name}.${this.run.language}: the card action failed: ${words}`);
    }
  }

  end() {
    return this.context.close();
  }
}
