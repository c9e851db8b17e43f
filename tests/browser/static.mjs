// Every rendered page of build/pages (src/web/pages_test.c writes them) in Chromium: axe finds nothing, nothing is wider than the screen at
// 320 pixels, the content policy is not broken.  Usage: node static.mjs [--shots] [name…]   Ends with "N passed, N failed".
// With --shots, pictures go to build/screens/pages/.
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const axeOptions = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] };

// The language that is looked at in each mode; a theme is set as the server would have written it.
const modes = [
  { name: 'phone', width: 360, height: 740, langs: ['zh', 'en'] },
  { name: 'desktop', width: 1280, height: 900, langs: ['zh', 'en'] },
  { name: 'dark', width: 1280, height: 900, scheme: 'dark', langs: ['zh'] },
  { name: 'elder', width: 360, height: 740, theme: 'elder', langs: ['zh'] },
  { name: 'contrast', width: 1280, height: 900, theme: 'contrast', langs: ['zh'] },
];

const shots = process.argv.includes('--shots');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const files = (await readdir(join(root, 'build/pages'))).filter((file) => file.endsWith('.html')).sort();
const server = await serve(root);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
let passed = 0;
let failed = 0;

async function problemsOf(page, mode, said) {
  const problems = [...said];
  await page.evaluate(axeSource);
  const result = await page.evaluate((options) => window.axe.run(document, options), axeOptions);
  for (const violation of result.violations) {
    problems.push(`${violation.id}: ${violation.help}\n      ${violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join('\n      ')}`);
  }
  if (mode.width < 500) {
    await page.setViewportSize({ width: 320, height: 640 });
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
    if (wide > 0) {
      problems.push(`${wide} pixels wider than a screen of 320`);
    }
  }
  return problems;
}

async function look(page, file, mode, said) {
  said.length = 0;
  await page.setViewportSize({ width: mode.width, height: mode.height });
  await page.goto(`${server.origin}/${file}`);
  if (mode.theme) {
    await page.evaluate((theme) => { document.documentElement.dataset.theme = theme; }, mode.theme);
  }
  if (shots) {
    await page.screenshot({ path: join(root, 'build/screens/pages', `${file.replace(/\.html$/, '')}.${mode.name}.png`), fullPage: true });
  }
  const problems = await problemsOf(page, mode, said);
  if (problems.length === 0) {
    passed++;
    return;
  }
  failed++;
  console.log(`FAILED ${file} ${mode.name}\n    ${problems.join('\n    ')}`);
}

await mkdir(join(root, 'build/screens/pages'), { recursive: true });
for (const mode of modes) {
  const context = await browser.newContext({ colorScheme: mode.scheme ?? 'light', reducedMotion: 'reduce' });
  const page = await context.newPage();
  const said = [];
  page.on('console', (message) => message.type() === 'error' && said.push(message.text()));
  for (const file of files) {
    const [lang] = file.split('.').slice(-2);
    if (mode.langs.includes(lang) && (wanted.length === 0 || wanted.some((name) => file.startsWith(`${name}.`)))) {
      await look(page, file, mode, said);
    }
  }
  await context.close();
}
await browser.close();
await server.close();
if (passed + failed === 0) {
  failed = 1;
  console.log('no rendered pages: run the test of pages first');
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
