// Tasks of procedures in a real browser, without a line of JavaScript on the pages: a request for information goes by its own procedure, whoever may not do a step
// sees why and whom to ask, a second person signs or sends it back, and what else may be done is done by plain forms.  Usage: node tasks.mjs   Ends with "N passed, N failed".
import { apply } from '../scenarios/lib/form.mjs';
import { Person, newKey } from '../scenarios/lib/people.mjs';
import { has, must, openKit, press } from './kit.mjs';

const { city, step, look, visitor, finish } = await openKit('tasks', []);
const hasNot = async (page, text) => must(!(await page.textContent('main')).includes(text), `the page says ${text}: ${page.url()}`);
const submit = (page, action) => press(page, `form[action$="/${action}"] button[type=submit]:not(.vh)`);

// Whoever applies does so over the API: forms of applications have a journey of their own.
const door = { portal: { port: Number(new URL(city.origin).port) }, key: new URL(city.signInUrl('tang')).searchParams.get('key') };
const begin = async (login, item, says) => (await apply(await Person.signIn(door, login), item, says, newKey())).case_no;

const caseNo = await begin('tang', '000110002001', {});
const desk = `${city.origin}/desk/${caseNo}-1`;

/* --- an officer ------------------------------------------------------------------------------------- */

const first = await visitor('sikou', false);

await step('the queue says what is to be done, and the desk offers every outcome of the step', async () => {
  await first.goto(`${city.origin}/desk`);
  await has(first, '登记、看内容');
  await press(first, `a[href^="/desk/${caseNo}-1?task="]`);
  await has(first, '内容明确');
  await has(first, '涉及第三方');
  await hasNot(first, '逾期未补正'); // what silence comes to is nobody's choice
});
await step('queue and desk look right', async () => {
  const page = await visitor('sikou');
  await page.goto(`${city.origin}/desk`);
  await look(page, 'queue');
  await page.goto(desk);
  await look(page, 'desk');
  await page.goto(`${desk}/supplement`);
  await look(page, 'supplement');
});
await step('an outcome that needs a reason asks for it and keeps what was written', async () => {
  await first.goto(desk);
  await submit(first, 'decide');
  await has(first, '请写明理由');
  must(await first.isVisible('section.errors a[href="#reason"]'), 'the summary does not lead to the field');
});
await step('whoever has not the power sees why, and whom to ask', async () => {
  const other = await visitor('gongsun');
  await other.goto(desk);
  await has(other, '没有办这一步的职权');
  await has(other, '宰父诺');
  must(await other.locator('form[action$="/decide"]').count() === 0, 'the step is offered all the same');
  await look(other, 'no-power');
});
await step('it is taken, given to a colleague, taken back; an opinion is asked of another office', async () => {
  await first.goto(desk);
  await first.click('summary:has-text("由我来办")');
  await submit(first, 'claim');
  await has(first, '您已认领');
  const colleague = await visitor('zaifu', false);
  await colleague.goto(desk);
  await has(colleague, '已经有人认领：司寇闻');
  await first.click('summary:has-text("不由我办了")');
  await submit(first, 'release');
  await hasNot(first, '您已认领');
  await first.click('summary:has-text("征求别的单位的意见")');
  await submit(first, 'consult');
  must(await first.isVisible('details[open] [aria-invalid=true]'), 'the form that lacks something is closed');
  await first.selectOption('select[name="consult.to"]', { label: '市场监管局' });
  await first.fill('textarea[name="consult.reason"]', '这份记录能公开吗？');
  await submit(first, 'consult');
  await has(first, '征求意见：');
});
await step('the office that is asked answers at its own desk', async () => {
  const asked = await visitor('ouyang');
  await asked.goto(`${city.origin}/desk`);
  await has(asked, '征求您的意见');
  await press(asked, `a[href^="/desk/${caseNo}-1?task="]`);
  await has(asked, '这份记录能公开吗？');
  await look(asked, 'opinion');
  await asked.fill('textarea[name="opinion.reason"]', '可以公开，隐去姓名。');
  await submit(asked, 'opinion');
});

/* --- the second person ------------------------------------------------------------------------------- */

await step('whoever has done a step cannot be its second person, and sees who can', async () => {
  await first.goto(desk);
  await submit(first, 'accept');
  await first.goto(desk);
  await has(first, '要由第二个人办');
  await has(first, '宰父诺');
  const page = await visitor('sikou');
  await page.goto(desk);
  await look(page, 'second');
});
await step('the second person sends it back with a reason, and it is done again', async () => {
  const second = await visitor('zaifu', false);
  await second.goto(desk);
  await second.click('summary:has-text("退回前面的步骤")');
  await second.fill('textarea[name="return.reason"]', '内容写得不清楚');
  await submit(second, 'return');
  must(await second.isVisible('section.errors a[href="#return.element"]'), 'it is not asked where to');
  must((await second.inputValue('textarea[name="return.reason"]')) === '内容写得不清楚', 'the reason is lost');
  await second.check('input[name="return.element"]');
  await submit(second, 'return');
  await first.goto(desk);
  await submit(first, 'accept');
});
await step('the second person replies, by keyboard alone', async () => {
  const second = await visitor('zaifu', false);
  await second.goto(desk);
  await second.focus('input[name="result"][value="grant"]');
  await second.keyboard.press('Space');
  await second.focus('textarea[name="reason"]');
  await second.keyboard.insertText('可以公开。');
  await second.focus('form[action$="/decide"] button.btn');
  await Promise.all([second.waitForNavigation(), second.keyboard.press('Enter')]);
  must(new URL(second.url()).pathname === '/desk', `not back at the queue: ${second.url()}`);
});

/* --- the applicant ------------------------------------------------------------------------------------- */

await step('the applicant reads what was told, and sees the way of the case', async () => {
  const page = await visitor('tang');
  await page.goto(`${city.origin}/cases/${caseNo}`);
  await look(page, 'case');
  await press(page, `a[href="/cases/${caseNo}/path"]`);
  await has(page, '登记、看内容');
});

/* --- a task of the applicant's own ------------------------------------------------------------------------ */

// Programs work in between: as soon as they have, the page says so.
async function until(page, url, isThere) {
  for (let tries = 0; tries < 120; tries += 1) {
    await page.goto(url);
    if (await isThere(page)) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`it never came: ${url}`);
}

const subsidy = await begin('he', '000620003001', {});
await step('what waits for the applicant stands on top, and leads to one question', async () => {
  const phone = await visitor('he', false);
  await until(phone, `${city.origin}/cases/${subsidy}`, async (page) => (await page.locator('main section.notice a.btn').count()) === 1);
  await has(phone, '轮到您了：家长确认账户');
  await press(phone, 'main section.notice a.btn');
  await press(phone, 'button:has-text("就发到这里")');
  must(await phone.isVisible('section.errors a[href="#data.account"]'), 'it is not said what is missing');
  await phone.check('input[name="data.account"][value=bank]');
  await phone.fill('input[name="data.bank_no"]', '6200 12');
  await press(phone, 'button:has-text("就发到这里")');
  must((await phone.inputValue('input[name="data.bank_no"]')).replace(' ', '') === '620012', 'the number is lost');
  must(await phone.isChecked('input[name="data.account"][value=bank]'), 'the choice is lost');
  await phone.fill('input[name="data.bank_no"]', '6200 0000 0000 0826');
  await press(phone, 'button:has-text("就发到这里")');
  must(new URL(phone.url()).pathname === `/cases/${subsidy}`, `not back at the case: ${phone.url()}`);
  must(!(await phone.textContent('main')).includes('轮到您了'), 'it still waits');
});
const declined = await begin('lu', '000620003001', {});
await step('the pages of the applicant look right, and whoever declines fills in nothing', async () => {
  const page = await visitor('lu');
  await until(page, `${city.origin}/cases/${declined}`, async (each) => (await each.locator('main section.notice a.btn').count()) === 1);
  await look(page, 'case-task');
  await press(page, 'main section.notice a.btn');
  await look(page, 'task');
  await press(page, 'button:has-text("就发到这里")');
  await look(page, 'task-wrong');
  await press(page, 'button:has-text("不要")');
  must(new URL(page.url()).pathname === `/cases/${declined}`, `not back at the case: ${page.url()}`);
});

/* --- a form with lists, and signatures of several offices ---------------------------------------------------- */

const shop = await begin('shen', '000131002003', { area: '86' });
await step('a record of a visit grows line by line and keeps all that was written', async () => {
  const officer = await visitor('ouyang', false);
  await until(officer, `${city.origin}/desk/${shop}-1`, async (page) => (await page.locator('form[action$="/accept"]').count()) === 1);
  await submit(officer, 'accept');
  await until(officer, `${city.origin}/desk/${shop}-1`, async (page) => (await page.locator('#data').count()) === 1);
  await officer.fill('input[name="data.officers.0.name"]', '欧阳云舒');
  await officer.fill('input[name="data.place"]', '采薇巷 27 号');
  await press(officer, 'button[name=add][value="data.officers"]');
  must((await officer.locator('input[name^="data.officers."][name$=".name"]').count()) === 3, 'no third line');
  must((await officer.inputValue('input[name="data.officers.0.name"]')) === '欧阳云舒', 'the name is lost');
  must((await officer.inputValue('input[name="data.place"]')) === '采薇巷 27 号', 'the place is lost');
  await press(officer, 'button[name=remove][value="data.officers.2"]');
  must((await officer.locator('input[name^="data.officers."][name$=".name"]').count()) === 2, 'the third line stays');
  await press(officer, 'form[action$="/decide"] .acts button');
  must(await officer.isVisible('section.errors a[href="#data.officers.0.licence"]'), 'a missing licence is not told');
  await officer.fill('input[name="data.officers.0.licence"]', '99010001');
  await officer.fill('input[name="data.officers.1.name"]', '慕容清和');
  await officer.fill('input[name="data.officers.1.licence"]', '9901 0002');
  await officer.fill('input[name="data.at"]', '2026年11月28日 9点30分');
  await officer.fill('input[name="data.looked_at.0.what"]', '水池');
  await officer.check('input[name="data.looked_at.0.is_right"][value=yes]');
  await officer.check('input[name="data.result"][value=passed]');
  await officer.check('input[name=result][value=fit]');
  await press(officer, 'form[action$="/decide"] .acts button');
  must(new URL(officer.url()).pathname === '/desk', `not back at the queue: ${officer.url()}`);
});
await step('the other office sees who has signed how', async () => {
  const other = await visitor('murong');
  await other.goto(`${city.origin}/desk/${shop}-2`);
  await has(other, '谁签了，怎么签的');
  await has(other, '市场监管局');
  await has(other, '还没有签');
  await look(other, 'signers');
});

await finish();
