// One check for every page: axe with every rule of WCAG 2.2 A and AA and its best practices, none switched off.
import { AxeBuilder } from '@axe-core/playwright';

/** @param {import('playwright-core').Page} page @param {string} name @returns {Promise<string[]>} */
export async function violations(page, name) {
  const result = await new AxeBuilder({ page }).analyze();
  return result.violations.map(
    (found) => `${name}: ${found.id}: ${found.help}\n    ${found.nodes.map((node) => node.html.slice(0, 200)).join('\n    ')}`,
  );
}

/** Content wider than the window makes people scroll sideways. @param {import('playwright-core').Page} page */
export async function overflow(page, name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return wide > 0 ? [`${name}: ${wide} px too wide`] : [];
}
