// What the journeys of officers share: a city of their own, a browser, steps that are judged one by one, screenshots wide and narrow that axe looks at.
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { openCity } from './city.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const screens = join(root, 'build/screens');
const axeRules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export const must = (condition, what) => {
  if (!condition) throw new Error(what);
};
export const has = async (page, text) => must((await page.textContent('main')).includes(text), `the page does not say ${text}: ${page.url()}`);
export async function press(page, selector) {
  await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

// name: of the screenshots; exclude: what axe leaves alone, as it is not ours to mend.
export async function openKit(name, exclude) {
  const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await mkdir(screens, { recursive: true });
  const city = await openCity(root, `build/browser/${name}`);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--lang=zh-CN'],
  });
  let passed = 0;
  let failed = 0;
  let number = 0;

  function judge(what, problems) {
    if (problems.length === 0) passed += 1;
    else failed += 1;
    console.log(problems.length === 0 ? `ok ${what}` : `FAILED ${what}\n    ${problems.join('\n    ')}`);
  }

  async function step(what, run) {
    try {
      await run();
      judge(what, []);
    } catch (error) {
      judge(what, [String(error.stack ?? error).split('\n').slice(0, 8).join('\n      ')]);
    }
  }

  async function look(page, what) {
    const problems = [];
    for (const [width, height] of [[1280, 900], [360, 740]]) {
      await page.setViewportSize({ width, height });
      number += 1;
      await page.screenshot({ path: join(screens, `${name}-${String(number).padStart(2, '0')}-${what}-${width}.png`), fullPage: true });
      const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
      if (wide > 0) problems.push(`${wide} pixels wider than ${width}`);
      await page.evaluate(axeSource);
      const result = await page.evaluate(
        ([runOnly, others]) => window.axe.run({ include: document, exclude: others }, { runOnly, resultTypes: ['violations'] }), [axeRules, exclude]);
      for (const { id, help, nodes } of result.violations) problems.push(`${id}: ${help} ${nodes[0].html.slice(0, 160)}`);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    judge(`${what} looks right`, problems);
  }

  // Who was stopped by the policy, and what was asked of whom, is written down.
  async function visitor(login, javaScriptEnabled = true) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'zh-CN', javaScriptEnabled, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.strange = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(city.origin) && !/^(data|blob):/.test(request.url())) page.strange.push(request.url());
    });
    page.on('pageerror', (error) => page.strange.push(String(error)));
    await context.addInitScript(() => {
      window.refused = [];
      document.addEventListener('securitypolicyviolation', (event) => window.refused.push(event.effectiveDirective));
    });
    if (login) await page.goto(city.signInUrl(login));
    return page;
  }

  async function finish() {
    await browser.close();
    await city.close();
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed === 0 ? 0 : 1);
  }

  return { city, step, look, visitor, finish };
}
