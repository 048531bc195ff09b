// Looks at every page that the test `pages::render` wrote to target/pages: axe, overflow at 320 px, and a picture per
// language at phone and desktop width, light and dark.
//
//   node pages.mjs [folder with pages] [folder for pictures] [only names that contain this]
import { createServer } from 'node:http';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { violations, overflow } from './axe.mjs';
import { launch, SIZES } from './browser.mjs';

const root = path.resolve(process.argv[2] ?? '../../target/pages');
const pictures = path.resolve(process.argv[3] ?? '../../target/pictures');
const only = process.argv[4] ?? '';
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };
const SAMPLE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 210 297"><rect width="210" height="297" fill="#fff"/><text x="20" y="40" font-size="12">Besluit</text></svg>';

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  try {
    if (pathname === '/sample.png') {
      response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(SAMPLE);
      return;
    }
    const file = path.join(root, path.normalize(pathname));
    const bytes = await readFile(file);
    response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'text/plain' }).end(bytes);
  } catch {
    response.writeHead(503).end();
  }
});
await new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(undefined)));
const base = `http://127.0.0.1:${server.address().port}`;

await mkdir(pictures, { recursive: true });
const names = (await readdir(root)).filter((name) => name.endsWith('.html') && name.includes(only)).sort();
const browser = await launch();
const faults = [];
for (const colorScheme of ['light', 'dark']) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
    for (const name of names) {
      const label = `${name.replace('.html', '')}.${size}.${colorScheme}`;
      await page.goto(`${base}/${name}`);
      if (size === 'phone') {
        faults.push(...(await violations(page, label)));
        await page.setViewportSize({ width: 320, height: 740 });
        faults.push(...(await overflow(page, label)));
        await page.setViewportSize(viewport);
      }
      if (!name.startsWith('problem-') || name.startsWith('problem-pin_wrong-full')) {
        await page.screenshot({ path: path.join(pictures, `${label}.png`), fullPage: true });
      }
    }
    await context.close();
  }
}
await browser.close();
server.close();
console.log(`${names.length} pages looked at, ${faults.length} faults`);
for (const fault of faults) console.log(fault);
process.exitCode = faults.length === 0 && names.length > 0 ? 0 : 1;
