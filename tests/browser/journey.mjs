// The main job in a real browser, without a line of JavaScript on the pages: a citizen opens a restaurant, four officers work on it, everybody sees what
// they may.  Each page is photographed into build/screens/ and looked through by axe.  Usage: node journey.mjs   Ends with "N passed, N failed".
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { openCity } from './city.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const screens = join(root, 'build/screens');
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const axeOptions = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] };
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==', 'base64');
let passed = 0;
let failed = 0;
let number = 0;

await mkdir(screens, { recursive: true });
const city = await openCity(root, 'build/browser/city', ['000131002003']);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--lang=zh-CN'],
});

function judge(name, problems) {
  if (problems.length === 0) {
    passed += 1;
    console.log(`ok ${name}`);
  } else {
    failed += 1;
    console.log(`FAILED ${name}\n    ${problems.join('\n    ')}`);
  }
}

async function step(name, run) {
  try {
    await run();
    judge(name, []);
  } catch (error) {
    judge(name, [String(error).split('\n').slice(0, 6).join('\n      ')]);
  }
}

// A picture, and what axe says; pages of 360 pixels may not be wider than their screen.
async function look(page, name) {
  number += 1;
  await page.screenshot({ path: join(screens, `${String(number).padStart(2, '0')}-${name}.png`), fullPage: true });
  const problems = [];
  await page.evaluate(axeSource);
  const result = await page.evaluate((options) => window.axe.run(document, options), axeOptions);
  for (const violation of result.violations) {
    problems.push(`${violation.id}: ${violation.help} ${violation.nodes.slice(0, 2).map((node) => node.html.slice(0, 140)).join(' | ')}`);
  }
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
  if (wide > 0) problems.push(`${wide} pixels too wide`);
  if ((await page.content()).includes('{{')) problems.push('a name of the template was left over');
  judge(`${name} looks right`, problems);
}

// Scripts of pages are off: nothing here may need one.  (axe is put in from outside.)
async function visitor(login, viewport = { width: 1280, height: 900 }) {
  const context = await browser.newContext({ viewport, locale: 'zh-CN', javaScriptEnabled: true, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.on('pageerror', (error) => judge(`no script error (${login})`, [String(error)]));
  if (login) await page.goto(city.signInUrl(login));
  return page;
}

// A click that leads to another page: back when that page is there.
async function press(page, selector) {
  await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

const must = (condition, what) => {
  if (!condition) throw new Error(what);
};
const has = async (page, text) => must((await page.textContent('body')).includes(text), `the page does not say ${text}: ${page.url()}`);

/* --- the citizen ------------------------------------------------------------------------------ */

const citizen = await visitor('', { width: 360, height: 740 });
let caseUrl = '';

await step('anyone finds the service from the search box', async () => {
  await citizen.goto(`${city.origin}/`);
  await look(citizen, 'home');
  await citizen.fill('#q', '开饭馆');
  await Promise.all([citizen.waitForNavigation(), citizen.press('#q', 'Enter')]);
  await look(citizen, 'search');
  await press(citizen, 'main h2 a >> nth=0');
  await has(citizen, '开办餐饮店');
  await look(citizen, 'guide');
});
await step('applying asks for a sign-in first and comes back', async () => {
  await press(citizen, 'a.btn.big');
  must(citizen.url().includes('/sign-in'), `not at sign-in: ${citizen.url()}`);
  await look(citizen, 'sign-in');
  await press(citizen, 'form[action="/sign-in/demo"] button >> nth=0');
  must(citizen.url().includes('/apply/'), `not back at the form: ${citizen.url()}`);
});
await step('the first section shows what registries hold', async () => {
  await has(citizen, '来自 公安厅');
  await has(citizen, '云溪市东湖区半亩方塘面馆');
  await look(citizen, 'form-shop');
});
await step('a mistake is told above and at the field, and what was typed stays', async () => {
  await citizen.fill('#phone', '12');
  await press(citizen, 'button.btn.big');
  must((await citizen.inputValue('#phone')) === '12', 'the wrong number is gone');
  must(await citizen.isVisible('section.errors'), 'no error summary');
  await look(citizen, 'form-wrong');
  await citizen.fill('#phone', '１５４ 0000 0826');
  await press(citizen, 'button.btn.big');
});
await step('half a section is kept for later, and going on shows what was wrong with it', async () => {
  await citizen.fill('#area', '很大');
  await press(citizen, 'button[name=then][value=later].link');
  must(citizen.url().endsWith('/kept'), `not told that it is kept: ${citizen.url()}`);
  await look(citizen, 'kept');
  await press(citizen, 'a.btn');
  must((await citizen.inputValue('#area')) === '很大', 'what was typed is gone');
  must(await citizen.isVisible('section.errors'), 'nothing is said of the area');
});
await step('premises, trade and staff are filled in', async () => {
  await citizen.fill('#area', '86 平方米');
  await citizen.check('input[name=fire][value=gas]');
  await look(citizen, 'form-place');
  await press(citizen, 'button.btn.big');
  await citizen.check('input[name=business_kinds][value=hot]');
  await citizen.check('input[name=delivery][value=no]');
  await press(citizen, 'button.btn.big');
  await citizen.fill('#staff_names', '沈知遥');
  await citizen.check('#health');
  await press(citizen, 'button.btn.big');
});
await step('a file of the wrong kind is refused and the rest is kept', async () => {
  await citizen.setInputFiles('#plan', { name: 'plan.png', mimeType: 'image/png', buffer: Buffer.from('not a picture') });
  await citizen.check('#promise');
  await press(citizen, 'button.btn.big');
  must(await citizen.isVisible('section.errors'), 'no error for the file');
  must(await citizen.isChecked('#promise'), 'the promise was lost');
  await citizen.setInputFiles('#plan', { name: '布局图.png', mimeType: 'image/png', buffer: png });
  await press(citizen, 'button.btn.big');
});
await step('everything is looked over and submitted', async () => {
  must(citizen.url().endsWith('/check'), `not at the check page: ${citizen.url()}`);
  await look(citizen, 'check');
  await citizen.check('#declare');
  await press(citizen, 'button.btn.big');
  must(citizen.url().endsWith('/done'), `not submitted: ${citizen.url()}`);
  await look(citizen, 'done');
  caseUrl = new URL(citizen.url()).pathname.replace('/done', '');
});

/* --- the officers ------------------------------------------------------------------------------- */

const caseNo = caseUrl.split('/').pop();
const food = await visitor('ouyang');

await step('the officer finds the case in the queue and accepts it', async () => {
  await food.goto(`${city.origin}/desk`);
  await look(food, 'queue');
  await press(food, `a[href^="/desk/${caseNo}-1?task="]`);
  await look(food, 'desk');
  await press(food, `form[action="/desk/${caseNo}-1/accept"] button[type=submit]`);
});
await step('what is missing is told once, field by field', async () => {
  await food.goto(`${city.origin}/desk/${caseNo}-1/supplement`);
  await look(food, 'supplement');
  await food.check('#ask-plan');
  await food.fill('#what-plan', '请标出三个水池');
  await press(food, 'button.btn >> nth=0');
  must(food.url().includes('/desk'), `not back at the desk: ${food.url()}`);
});
await step('the citizen sees what is missing and supplies it', async () => {
  await citizen.goto(city.origin + caseUrl);
  await has(citizen, '请标出三个水池');
  await look(citizen, 'case-supplement');
  await press(citizen, 'section.notice a.btn');
  await look(citizen, 'supply');
  await citizen.setInputFiles('#plan', { name: '布局图-2.png', mimeType: 'image/png', buffer: png });
  await press(citizen, 'button.btn.big');
  must(citizen.url().endsWith(caseUrl), `not supplied: ${citizen.url()}`);
});
await step('whoever has the query code sees how far it is, without signing in', async () => {
  await citizen.goto(`${city.origin}${caseUrl}/done`);
  const progress = await citizen.getAttribute('a[href^="/progress?code="]', 'href');
  const guest = await visitor('', { width: 360, height: 740 });
  await guest.goto(city.origin + progress);
  await has(guest, '办到哪里');
  must(!(await guest.textContent('main')).includes('沈知遥'), 'a person is named');
  await look(guest, 'progress');
  await guest.fill('#code', '261128000000');
  await press(guest, 'form[action="/progress"] button');
  await has(guest, '没有这个查询码');
  await look(guest, 'progress-wrong');
});
await step('a decision without a reason is asked again, with one it issues the licence', async () => {
  await food.goto(`${city.origin}/desk/${caseNo}-1`);
  await look(food, 'desk-decide');
  await press(food, `form[action="/desk/${caseNo}-1/decide"] button[type=submit]`);
  must(await food.isVisible('section.errors'), 'a decision was taken without one');
  await food.check('input[value=grant]');
  await food.fill('textarea[name=reason]', '条件合格，准予许可。');
  await press(food, `form[action="/desk/${caseNo}-1/decide"] button[type=submit]`);
});
for (const [login, part] of [['murong', 2], ['situ', 4]]) {
  await step(`${login} accepts and decides at another department`, async () => {
    const officer = await visitor(login);
    await officer.goto(`${city.origin}/desk/${caseNo}-${part}`);
    await press(officer, `form[action="/desk/${caseNo}-${part}/accept"] button[type=submit]`);
    await officer.goto(`${city.origin}/desk/${caseNo}-${part}`);
    await officer.check('input[value=grant]');
    await officer.fill('textarea[name=reason]', '同意。');
    await press(officer, `form[action="/desk/${caseNo}-${part}/decide"] button[type=submit]`);
    await officer.goto(`${city.origin}/desk?view=done`);
    await has(officer, '半亩方塘');
  });
}
await step('an officer of another department is turned away in plain words', async () => {
  const stranger = await visitor('zhuge');
  const answer = await stranger.goto(`${city.origin}/desk/${caseNo}-1`);
  must(answer.status() === 403, `answered ${answer.status()}`);
  await has(stranger, '别的部门');
  await look(stranger, 'refused');
});

/* --- rules at work -------------------------------------------------------------------------------- */

await step('seven questions end in a list of permits, without a script', async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale: 'zh-CN', javaScriptEnabled: false });
  const asker = await context.newPage();
  await asker.goto(`${city.origin}/items/000131002003`);
  await press(asker, 'a[href="/guides/restaurant"]');
  await press(asker, 'button.btn.big');
  must(await asker.locator('.errors, [role="alert"]').count() > 0, 'nothing is said of what is missing');
  for (const [name, value] of [['licence', 'no'], ['trade', 'dine_in'], ['cooks', 'yes'], ['alcohol', 'yes'], ['sign', 'yes']]) {
    await asker.check(`input[name="${name}"][value="${value}"]`);
  }
  await asker.fill('#area', '３００ 平方米');
  await asker.fill('#staff', '4');
  await press(asker, 'button.btn.big');
  await has(asker, '要办这 6 件事');
  must(await asker.locator('#answer a[href="/items/000307001001"]').count() === 1, 'the fire check is not among them');
  await context.close();
});
await step('the guide and its answer look right, and the answer can be sent to somebody', async () => {
  const asker = await visitor('');
  await asker.goto(`${city.origin}/guides/restaurant`);
  await look(asker, 'guide-questions');
  await asker.goto(`${city.origin}/guides/restaurant?ask=1&licence=yes&trade=dine_in&area=86&cooks=yes&alcohol=no&sign=yes&staff=3`);
  await has(asker, '填一张表一起办');
  await look(asker, 'guide-answer');
});
await step('a citizen of eighty-two is told of the allowance, and takes it', async () => {
  const tang = await visitor('tang', { width: 360, height: 740 });
  await tang.goto(`${city.origin}/`);
  await has(tang, '您可能可以享受：高龄津贴');
  await tang.goto(`${city.origin}/cases`);
  await has(tang, '年满 80 周岁');
  await look(tang, 'offer');
  await press(tang, 'form[action$="/accept"] button');
  await has(tang, '唐守拙');
  await look(tang, 'offer-accepted');
  await tang.goto(`${city.origin}/cases`);
  must(await tang.locator('form[action^="/offers/"]').count() === 0, 'the offer is still there');
});
await step('whoever declines is not asked again, and the steward sees it', async () => {
  const gu = await visitor('gu');
  await gu.goto(`${city.origin}/cases`);
  must(await gu.locator('form[action$="/decline"]').count() === 2, 'not two offers');
  await press(gu, 'form[action$="/decline"] button >> nth=0');
  must(await gu.locator('form[action$="/decline"]').count() === 1, 'not one offer left');
  const wenren = await visitor('wenren');
  await wenren.goto(`${city.origin}/proactive`);
  await has(wenren, '不要 1');
  await look(wenren, 'proactive');
});

/* --- afterwards ------------------------------------------------------------------------------------ */

await step('the citizen has the licence, the readers and the proof', async () => {
  await citizen.goto(city.origin + caseUrl);
  await look(citizen, 'case');
  await press(citizen, 'a[href^="/certificates/"]');
  await has(citizen, '属实');
  await look(citizen, 'certificate');
  await citizen.goto(`${city.origin}/readers`);
  await has(citizen, '欧阳云舒');
  await look(citizen, 'readers');
  await citizen.goto(`${city.origin}/cases`);
  await look(citizen, 'cases');
});
await step('a receipt is checked on the public page', async () => {
  const done = await citizen.goto(`${city.origin}${caseUrl}/done`);
  must(done.ok(), 'no confirmation page');
  const href = await citizen.getAttribute('a[href^="/receipts/"]', 'href');
  const receipt = await (await citizen.request.get(city.origin + href, { headers: { Accept: 'application/json' } })).text();
  await citizen.goto(`${city.origin}/log`);
  await citizen.fill('#receipt', receipt);
  await press(citizen, 'form[action^="/log"] button');
  await has(citizen, '属实');
  await look(citizen, 'log-verified');
  await citizen.fill('#receipt', receipt.replace('submit', 'submIt'));
  await press(citizen, 'form[action^="/log"] button');
  must(!(await citizen.textContent('body')).includes('属实：'), 'a changed receipt passes');
});
await step('English, elder mode, contrast, dark and the catalogue', async () => {
  const guest = await visitor('');
  await guest.goto(`${city.origin}/preferences?lang=en&back=%2F`);
  await look(guest, 'home-en');
  await guest.goto(`${city.origin}/items/000131002003`);
  await has(guest, 'Open a restaurant');
  await look(guest, 'guide-en');
  await guest.goto(`${city.origin}/catalogue`);
  await look(guest, 'catalogue-en');
  const elder = await visitor('', { width: 360, height: 740 });
  await elder.goto(`${city.origin}/preferences?theme=elder&back=%2F`);
  await look(elder, 'elder');
  const contrast = await visitor('');
  await contrast.goto(`${city.origin}/preferences?theme=contrast&back=%2F`);
  await look(contrast, 'contrast');
  const darkContext = await browser.newContext({ colorScheme: 'dark', viewport: { width: 1280, height: 900 } });
  const dark = await darkContext.newPage();
  await dark.goto(`${city.origin}/items/000131002003`);
  await look(dark, 'dark');
});
await step('the whole first page works by keyboard', async () => {
  const keys = await visitor('');
  await keys.goto(`${city.origin}/`);
  await keys.keyboard.press('Tab');
  must((await keys.evaluate(() => document.activeElement.className)) === 'skip', 'the skip link is not first');
  await keys.keyboard.press('Enter');
  must((await keys.evaluate(() => document.activeElement.id)) === 'main', 'the skip link does not lead to the text');
});

await browser.close();
await city.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
