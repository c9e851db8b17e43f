// Rules of law at work: the guide that ends in a list, what things cost, how long they take, and who handles them.
import { strict as assert } from 'node:assert';
import { ask } from './lib/http.mjs';
import { Person } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const noodles = { licence: 'yes', trade: 'dine_in', area: '86', cooks: 'yes', alcohol: 'no', sign: 'yes', staff: '3' };
const query = (answers) => new URLSearchParams({ ask: '1', ...answers }).toString();

async function guides(city) {
  const asked = async (answers) => (await ask(city.portal.port, `/guides/restaurant?${query(answers)}`)).json;
  const codes = (document) => document.answer.list.map((entry) => entry.code);

  await test('the guide asks seven things and answers nothing before that', async () => {
    const { status, json } = await ask(city.portal.port, '/guides/restaurant');
    assert.equal(status, 200);
    assert.equal(json.section.fields.length, 7);
    assert.equal(json.answer, undefined);
    assert.equal(json.errors, undefined);
  });
  await test('a noodle shop needs four things, three of which go in one form', async () => {
    const json = await asked(noodles);
    assert.deepEqual(codes(json), ['000131002003', '000219001001', '000412001001', '000620001001']);
    assert.equal(json.answer.together.url, '/items/000131002003');
    assert.match(json.answer.list[0].reason, /加工食品/);
    assert.match(json.answer.why, /来自/);
    assert.ok(json.answer.version >= 1);
  });
  await test('each answer counts, to the square metre', async () => {
    const fire = '000307001001';
    assert.ok(codes(await asked({ ...noodles, area: '300' })).includes(fire));
    assert.ok(!codes(await asked({ ...noodles, area: '299.9' })).includes(fire));
    assert.ok(!codes(await asked({ ...noodles, area: '300', trade: 'online' })).includes(fire));
    assert.equal(codes(await asked({ ...noodles, licence: 'no' }))[0], '000131001001');
    const nothing = await asked({ ...noodles, cooks: 'no', sign: 'no', staff: '0' });
    assert.deepEqual([nothing.answer.count, nothing.answer.together], [0, undefined]);
  });
  await test('what is missing or wrong is said at its question, and everything typed comes back', async () => {
    const json = await asked({ ...noodles, area: '八十多', sign: '' });
    assert.deepEqual(json.errors.list.map((error) => error.field), ['area', 'sign']);
    assert.equal(json.answer, undefined);
    assert.equal(json.section.fields.find((field) => field.id === 'area').value, '八十多');
  });
  await test('a browser gets links without any script, in both languages', async () => {
    const zh = await ask(city.portal.port, `/guides/restaurant?${query(noodles)}`, { accept: 'text/html' });
    assert.match(zh.text, /要办这 4 件事/);
    assert.match(zh.text, /<a href="\/items\/000131002003">开办餐饮店<\/a>/);
    assert.match(zh.text, /<a href="\/rules\/restaurant">/);
    assert.equal((await ask(city.portal.port, '/rules/restaurant')).status, 200);
    assert.ok(!/<script/.test(zh.text));
    const en = await ask(city.portal.port, `/guides/restaurant?${query(noodles)}&lang=en`, { accept: 'text/html' });
    assert.match(en.text, /You need 4 things/);
    assert.match(en.text, /Food is made here/);
    const item = await ask(city.portal.port, '/items/000131002003', { accept: 'text/html' });
    assert.match(item.text, /<a href="\/guides\/restaurant">/);
  });
  await test('another guide is not found', async () => {
    assert.equal((await ask(city.portal.port, '/guides/nothing')).status, 404);
  });
}

async function fees(city) {
  await test('a lost card costs 20 yuan, half with a disability, nothing on subsistence allowance', async () => {
    const { json } = await ask(city.portal.port, '/items/000804001001');
    assert.deepEqual(json.fee_list.map((row) => row.text), ['0', '0', '20', '10', '0', '0']);
    assert.equal(json.fee, 0);
    assert.match(json.fee_why, /应收/);
    const page = await ask(city.portal.port, '/items/000804001001', { accept: 'text/html' });
    assert.match(page.text, /遗失、损坏补卡/);
  });
  await test('the page before signing says what it costs and by which rule', async () => {
    const fang = await Person.signIn(city, 'fang');
    await fang.fill();
    const check = await fang.must(fang.get(`/apply/${fang.draft}/check`), 200);
    assert.deepEqual([check.fee, check.fee_rule], [0, 'fees']);
  });
}

const dayIn = (city, days) => new Date(Date.now() + (city.portal.clockShiftS + (8 * 3600) + (days * 86400)) * 1000).toISOString().slice(0, 10);

async function submitted(city, place) {
  const fang = await Person.signIn(city, 'fang');
  await fang.fill();
  await fang.save('place', { area: '86', fire: 'gas', ...place });
  return { fang, case_no: (await fang.must(fang.submit(), 201)).case_no };
}

async function cases(city) {
  const clockOf = async (opening) => {
    const { case_no } = await submitted(city, opening === undefined ? {} : { opening });
    const ouyang = await Person.signIn(city, 'ouyang');
    await ouyang.must(ouyang.post(`/desk/${case_no}-1/accept`, {}), 200);
    const seen = await ouyang.must(ouyang.get(`/cases/${case_no}`), 200);
    return { clock: seen.sub_cases.find((part) => part.id.endsWith('-1')).clock, rules: seen.rules };
  };
  await test('who opens within a week is promised three days, others five; law gives twenty', async () => {
    const soon = await clockOf(dayIn(city, 5));
    const later = await clockOf(dayIn(city, 30));
    const unknown = await clockOf();
    assert.deepEqual([soon.clock.promised_days, later.clock.promised_days, unknown.clock.promised_days], [3, 5, 5]);
    assert.equal(soon.clock.statutory_days, 20);
  });
  await test('which rule said so stands with the case, in a sentence', async () => {
    const { rules } = await clockOf(dayIn(city, 2));
    const limit = rules.find((rule) => rule.rule === 'deadlines');
    assert.match(limit.text, /开业/);
    assert.ok(limit.act > 0 && limit.version >= 1);
  });
  await test('from 300 square metres on the fire brigade takes part', async () => {
    const states = async (area) => {
      const { fang, case_no } = await submitted(city, { area });
      const seen = await fang.must(fang.get(`/cases/${case_no}`), 200);
      return [seen.sub_cases.map((part) => part.state), seen.rules.filter((rule) => rule.decision === '分办').length];
    };
    assert.deepEqual(await states('299'), [['submitted', 'submitted', 'waived', 'submitted'], 4]);
    assert.deepEqual(await states('300'), [['submitted', 'submitted', 'submitted', 'submitted'], 4]);
  });
}

export async function guide(city) {
  await guides(city);
  await fees(city);
  await cases(city);
}
