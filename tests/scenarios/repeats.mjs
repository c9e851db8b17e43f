// Two tabs, a double click, a lost answer: one case, and nothing typed is lost.
import { strict as assert } from 'node:assert';
import { askAndLeave } from './lib/http.mjs';
import { pause, until } from './lib/city.mjs';
import { Person, fieldOf, newKey } from './lib/people.mjs';
import { test } from './lib/report.mjs';

async function cases(person) {
  const found = [];
  for (let after = ''; ;) {
    const page = await person.must(person.get(`/cases${after}`), 200);
    found.push(...page.cases.map((entry) => entry.case_no));
    if (!page.next) return found;
    after = `?after=${encodeURIComponent(page.next)}`;
  }
}

// The case that was made, when exactly one was.
async function onlyNew(person, before) {
  const made = (await cases(person)).filter((number) => !before.includes(number));
  assert.equal(made.length, 1, `${made.length} new cases`);
  return made[0];
}

async function tabs(shen) {
  await shen.begin();
  await test('two tabs: the later save is refused with what it typed, and the earlier one stands', async () => {
    const path = `/apply/${shen.draft}/place`;
    const { revision } = await shen.section('place');
    await shen.must(shen.post(path, { area: '77', fire: 'electric', revision }), 200);
    const late = await shen.post(path, { area: '99', fire: 'gas', revision });
    assert.equal(late.status, 409, late.text.slice(0, 200));
    assert.equal(fieldOf(late.json, 'area').value, '99');
    assert.ok(late.json.errors, 'and is told why');
    assert.equal(fieldOf(await shen.section('place'), 'area').value, '77');
    const again = await shen.post(path, { area: '99', fire: 'gas', revision: late.json.revision });
    assert.equal(again.status, 200, again.text.slice(0, 200));
    assert.equal(fieldOf(await shen.section('place'), 'area').value, '99');
  });
  await test('ten tabs save at once: one is taken, each other one is told', async () => {
    const path = `/apply/${shen.draft}/place`;
    const { revision } = await shen.section('place');
    const got = await Promise.all(Array.from({ length: 10 }, (_, i) => shen.post(path, { area: String(20 + i), fire: 'gas', revision })));
    const taken = got.filter((each) => each.status === 200);
    assert.equal(taken.length, 1, got.map((each) => each.status).join(' '));
    assert.equal(got.filter((each) => each.status === 409).length, 9);
    assert.equal(fieldOf(await shen.section('place'), 'area').value, String(20 + got.indexOf(taken[0])));
  });
}

async function clicks(shen) {
  await test('a double click: one key, one case, one answer', async () => {
    await shen.fill();
    const before = await cases(shen);
    const key = newKey();
    const got = await Promise.all(Array.from({ length: 8 }, () => shen.submit(key)));
    for (const each of got) assert.equal(each.status, 201, each.text.slice(0, 200));
    assert.equal(new Set(got.map((each) => each.json.case_no)).size, 1);
    assert.equal(await onlyNew(shen, before), got[0].json.case_no);
  });
  await test('eight submissions of one draft under eight keys: one case', async () => {
    await shen.fill();
    const before = await cases(shen);
    const got = await Promise.all(Array.from({ length: 8 }, () => shen.submit()));
    const numbers = new Set(got.filter((each) => each.status === 201).map((each) => each.json.case_no));
    assert.equal(numbers.size, 1, got.map((each) => each.status).join(' '));
    assert.equal(await onlyNew(shen, before), [...numbers][0]);
    assert.ok(got.every((each) => each.status === 201 || each.status === 409), got.map((each) => each.status).join(' '));
  });
  await test('the same key with other content: 409, and no second case', async () => {
    await shen.fill();
    const key = newKey();
    const first = await shen.submit(key);
    assert.equal(first.status, 201);
    const before = await cases(shen);
    const other = await shen.post(`/apply/${shen.draft}/submit`, { declare: 'yes', more: 'x' }, { key });
    assert.equal(other.status, 409, other.text.slice(0, 200));
    assert.equal(other.json.type, '/problems/idempotency-other-content');
    assert.deepEqual(await cases(shen), before);
  });
  await test('a key of somebody else is another key', async () => {
    const gu = await Person.signIn(shen.city, 'gu');
    const key = newKey();
    await shen.fill();
    assert.equal((await shen.submit(key)).status, 201);
    await gu.begin();
    const got = await gu.submit(key);
    assert.notEqual(got.json.type, '/problems/idempotency-other-content');
    assert.ok(!got.text.includes(shen.draft));
  });
  await test('a refused submission frees its key: the same key works when the form is complete', async () => {
    const key = newKey();
    await shen.begin();
    assert.equal((await shen.submit(key)).status, 422);
    await shen.fill();
    assert.equal((await shen.submit(key)).status, 201);
  });
}

async function lost(shen) {
  await test('a lost answer: the repeat gives the number of the one case', async () => {
    await shen.fill();
    const before = await cases(shen);
    const key = newKey();
    await askAndLeave(shen.port, `/apply/${shen.draft}/submit`, { token: shen.token, key, json: { declare: 'yes' } });
    const made = await until(async () => (await cases(shen)).find((number) => !before.includes(number)), 'the case is there', 40)
      .catch(() => undefined);
    const got = await shen.submit(key);
    assert.equal(got.status, 201, got.text.slice(0, 200));
    assert.equal(got.json.case_no, await onlyNew(shen, before));
    if (made !== undefined) assert.equal(got.json.case_no, made);
    await pause(50);
    assert.equal((await shen.submit(key)).json.case_no, got.json.case_no);
  });
}

export async function repeats(city) {
  const shen = await Person.signIn(city, 'shen');
  await tabs(shen);
  await clicks(shen);
  await lost(shen);
}
