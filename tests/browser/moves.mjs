// Running cases moved to another version of their process in a real browser: an official publishes a new version while cases are under way, makes a plan without a script,
// tries it, proposes it; a second person consents; cases move, one goes back.  Usage: node moves.mjs   Ends with "N passed, N failed".
import { randomUUID as newKey } from 'node:crypto';
import { has, must, openKit, press } from './kit.mjs';

const item = '000110001001'; // the hotline: a few lines of a form, and the case waits for somebody
const { city, step, look, visitor, finish } = await openKit('moves', []);

// A program's session: no cookie, no token of a form.
async function program(login) {
  const { token } = await (await fetch(city.signInUrl(login), { headers: { Accept: 'application/json' } })).json();
  return async (path, json, key) => {
    const got = await fetch(city.origin + path, {
      method: json === undefined ? 'GET' : 'POST', body: json === undefined ? undefined : JSON.stringify(json),
      headers: { Accept: 'application/json', Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...(key ? { 'Idempotency-Key': key } : {}) },
    });
    const text = await got.text();
    must(got.status < 300, `${path}: ${got.status} ${text.slice(0, 400)}`);
    return text.startsWith('{') ? JSON.parse(text) : text;
  };
}

async function openCase(ask, subject) {
  const { draft } = await ask(`/items/${item}/apply`);
  const { revision, section } = await ask(`/apply/${draft}/what`);
  const values = { phone: '154 0000 0826', subject, text: subject, revision };
  for (const { id, choices, is_optional: isOptional } of section.fields) if (choices && !isOptional) values[id] = choices[0].value;
  await ask(`/apply/${draft}/what`, values);
  return (await ask(`/apply/${draft}/submit`, { declare: 'yes' }, newKey())).case_no;
}


// Law by two persons, through the door for programs: the journey of the desk itself is processes.mjs.
async function publish(key, xml, reason) {
  const author = await program('gongsun');
  const second = await program('baili');
  const { revision } = await author(`${key}/edit`);
  await author(`${key}/edit`, { xml, revision });
  const day = new Date(Date.now() + 8 * 3600 * 1000).toISOString().slice(0, 10);
  const { number } = await author(`${key}/propose`, { basis: '《行政许可法》第八条', reason, holds_from: day, revision: revision + 1 }, newKey());
  const { version } = await second(`${key}/versions/${number}`);
  await second(`${key}/versions/${number}/verdict`, { verdict: 'publish', sha256: version.sha256 }, newKey());
  return number;
}

const citizen = await program('shen');
const cases = [];
let process_, standing, second, third, began;
let plan = '';

await step('three cases are under way, and two newer versions are law', async () => {
  for (const subject of ['路灯不亮', '井盖松动', '树枝挡路']) cases.push(await openCase(citizen, subject));
  const way = await citizen(`/cases/${cases[0]}/path`);
  const { id, name } = way.picture.steps.find((s) => s.mark === 'active');
  [process_, standing, began] = [way.process_url, id, way.version];
  const first = await citizen(`${process_}/versions/${began}/file`);
  const renamed = (to) => first.replaceAll(`"${id}"`, `"${to}"`);
  second = await publish(process_, renamed(`${id}_two`), '环节编号改了');
  third = await publish(process_, renamed(`${id}_three`).replace(`name="${name}"`, `name="${name}（新）"`), '环节改了名称');
});

if (!third) await finish(); // nothing of what follows could be tried
const official = await visitor('gongsun');

await step('from where cases are to the plans: there are none yet', async () => {
  await official.goto(city.origin + process_);
  await press(official, 'a[href$="/live"]');
  await press(official, 'a[href$="/moves"]');
  await has(official, '还没有方案');
  await look(official, 'none');
});
await step('a plan begins with both versions side by side, and what is obvious is chosen', async () => {
  await official.selectOption('#from', String(began));
  await official.selectOption('#to', String(second));
  await press(official, '#make button');
  must((await official.locator('svg.bp').count()) === 2, 'not two pictures');
  must((await official.inputValue(`select[name="to.${standing}"]`)) === `${standing}_two`, 'the same name was not found');
  await look(official, 'make');
});
await step('a plan whose variables cannot be read is told at the line', async () => {
  await official.fill('input[name="variable.0.name"]', 'fee');
  await official.fill('input[name="variable.0.feel"]', '1 + 1');
  await official.fill('input[name="variable.1.name"]', 'old');
  await official.fill('input[name="variable.1.feel"]', '(1 + ');
  await press(official, 'button[formaction$="/try"]');
  await has(official, '请写明法律依据');
  must((await official.getAttribute('#variable-1', 'class')).includes('bad') && !(await official.getAttribute('#variable-0', 'class')).includes('bad'), 'not at its line');
  must((await official.inputValue('input[name="variable.1.feel"]')) === '(1 +', 'what was typed is gone');
  await look(official, 'wrong');
});
await step('a trial says how many cases can be moved', async () => {
  await official.fill('input[name="variable.1.name"]', '');
  await official.fill('input[name="variable.1.feel"]', '');
  await official.fill('#basis', '《行政许可法》第八条');
  await press(official, 'button[formaction$="/try"]');
  must((await official.locator('#trial .facts dd b').allTextContents()).map(Number).slice(0, 2).every((n) => n >= cases.length), 'not all cases can be moved');
  await has(official, '都能移');
  await look(official, 'tried');
});
await step('and why those cannot that have nowhere to go, with a link to some', async () => {
  await official.selectOption(`select[name="to.${standing}"]`, '');
  await press(official, 'button[formaction$="/try"]');
  await has(official, '办件停在新版本没有对应的环节');
  must((await official.locator('#trial td a[href^="/cases/"]').count()) > 0, 'no links');
  await look(official, 'cannot');
  await official.selectOption(`select[name="to.${standing}"]`, `${standing}_two`);
});
await step('without a reason it is not proposed, with one it is', async () => {
  await press(official, '#words button.btn:not(.quiet)');
  await has(official, '请写明为什么要移');
  await official.fill('#reason', '新版更清楚');
  await press(official, '#words button.btn:not(.quiet)');
  await has(official, '要由同一部门');
  plan = new URL(official.url()).pathname;
  must((await official.locator('input[name=verdict][value=consent]').count()) === 0, 'the author may consent');
  await look(official, 'proposed');
});
await step('the second person sees what the plan does, has to choose, and consents', async () => {
  const page = await visitor('baili');
  await page.goto(`${city.origin}${process_}/moves`);
  await look(page, 'list');
  await press(page, '#plans a');
  await has(page, `${standing}_two`);
  await press(page, '#decide button.btn');
  await has(page, '请选一个决定');
  await look(page, 'second');
  await page.check('input[value=consent]');
  await press(page, '#decide button.btn');
  await has(page, '开始移动');
  await look(page, 'consented');
});
await step('cases are moved, without a script, and go on under the new version', async () => {
  const page = await visitor('gongsun', false);
  await page.goto(city.origin + plan);
  await press(page, '#run form[action$="/run"] button');
  await official.goto(city.origin + plan);
  await has(official, '已移到新版');
  must((await official.locator('#cases tbody tr').count()) >= cases.length, 'cases are missing');
  for (const number of cases) must((await citizen(`/cases/${number}/path`)).version === second, `${number} did not move`);
  await look(official, 'moved');
});
await step('one goes back by keyboard alone', async () => {
  const row = official.locator(`#cases tr:has-text("${cases[1]}")`);
  await row.locator('button').focus();
  await Promise.all([official.waitForNavigation(), official.keyboard.press('Enter')]);
  must((await citizen(`/cases/${cases[1]}/path`)).version === began, 'it did not go back');
  must((await citizen(`/cases/${cases[0]}/path`)).version === second, 'another one went back');
  await look(official, 'back');
});
await step('the same in English', async () => {
  await official.goto(`${city.origin}/preferences?lang=en&back=${encodeURIComponent(plan)}`);
  await official.goto(city.origin + plan);
  await look(official, 'plan-en');
  await official.goto(`${city.origin}${process_}/moves/make?from=${second}&to=${third}`);
  await look(official, 'make-en');
  await official.goto(`${city.origin}/preferences?lang=zh&back=${encodeURIComponent(plan)}`);
});
await step('what is called otherwise is not taken for obvious', async () => {
  await official.goto(`${city.origin}${process_}/moves/make?from=${second}&to=${third}`);
  must((await official.inputValue(`select[name="to.${standing}_two"]`)) === '', 'something was chosen');
});
await step('the citizen sees that the case goes by another version now', async () => {
  const page = await visitor('shen');
  await page.goto(`${city.origin}/cases/${cases[0]}/path`);
  await has(page, '改按新版');
  must(!(await page.textContent('main .bp-trace-list')).includes(standing), 'a step is called by its id');
  await look(page, 'citizen');
  await page.goto(`${city.origin}/cases/${cases[0]}`);
  await has(page, '改按新版流程办理');
  await has(page, '依据：《行政许可法》第八条');
  await look(page, 'citizen-case');
});

await finish();
