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

await finish();
