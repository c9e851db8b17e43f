// Who decides in time: what the public sees, what the supervisor sees, and that both are counted with each step.
import { strict as assert } from 'node:assert';
import { ask } from './lib/http.mjs';
import { Person } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const html = 'text/html';
const market = '11990100000000027A';

const seen = async (city) => (await ask(city.portal.port, '/oversight')).json;
const orgOf = (document, uscc) => document.orgs.find((entry) => entry.org === uscc);
const sumOf = (document, member) => document.orgs.reduce((sum, entry) => sum + entry.year[member], 0);

async function decide(city, on) {
  const fang = await Person.signIn(city, 'fang');
  const ouyang = await Person.signIn(city, 'ouyang');
  const part = `/desk/${await fang.open()}-1`;
  await ouyang.must(ouyang.post(`${part}/accept`, {}), 200);
  return ouyang.must(ouyang.post(`${part}/decide`, { result: on, reason: '平面图和现场不一样', power: '990100-XK-0131' }), 200);
}

async function everybody(city, told) {
  await test('anyone sees each organisation with its decisions, and they add up', async () => {
    const document = await seen(city);
    assert.ok(document.orgs.length >= 3);
    for (const member of ['decided', 'timed', 'in_time', 'late', 'deemed']) {
      assert.equal(sumOf(document, member), document.all.year[member], member);
    }
    assert.ok(document.all.year.decided >= 4, 'the story decided four parts');
    assert.equal(document.all.year.timed, document.all.year.in_time + document.all.year.late);
  });
  await test('no person and no case is named there, in either form', async () => {
    for (const accept of [html, 'application/json']) {
      const { status, text } = await ask(city.portal.port, '/oversight', { accept });
      assert.equal(status, 200);
      for (const word of [told.case_no, '/cases/', '沈知遥', '欧阳云舒']) assert.ok(!text.includes(word), word);
    }
  });
  await test('the front door says the share in time and leads there', async () => {
    const { all } = await seen(city);
    const { json } = await ask(city.portal.port, '/');
    assert.deepEqual(json.oversight.on_time, {
      percent: all.year.on_time, in_time: all.year.in_time_text, all: all.year.timed_text, late: all.year.late_text,
    });
    const page = await ask(city.portal.port, '/', { accept: html });
    assert.match(page.text, /<a href="\/oversight">/);
  });
  await test('in English the organisations have English names', async () => {
    const { text } = await ask(city.portal.port, '/oversight?lang=en', { accept: html });
    assert.match(text, /Who decides in time/);
    assert.match(text, /Market Regulation/);
    assert.ok(!/\{\{/.test(text));
  });
}

async function counting(city) {
  await test('a decision counts at once, for its organisation and for all', async () => {
    const before = await seen(city);
    await decide(city, 'refuse');
    const after = await seen(city);
    assert.equal(orgOf(after, market).year.decided, orgOf(before, market).year.decided + 1);
    assert.equal(orgOf(after, market).month.in_time, orgOf(before, market).month.in_time + 1);
    assert.equal(after.all.year.decided, before.all.year.decided + 1);
  });
  await test('what is refused by the rules of the desk counts for nothing', async () => {
    const ouyang = await Person.signIn(city, 'ouyang');
    const fang = await Person.signIn(city, 'fang');
    const part = `/desk/${await fang.open()}-1`;
    await ouyang.must(ouyang.post(`${part}/accept`, {}), 200);
    const before = await seen(city);
    assert.ok(before.all.open > 0);
    assert.equal((await ouyang.post(`${part}/decide`, { result: 'refuse', reason: '', power: '990100-XK-0131' })).status, 400);
    assert.deepEqual((await seen(city)).all, before.all);
  });
}

async function supervisor(city) {
  const xiahou = await Person.signIn(city, 'xiahou');
  await test('the supervisor sees the same table, and what is late', async () => {
    const mine = await xiahou.must(xiahou.get('/supervision'), 200);
    const open = await seen(city);
    assert.deepEqual(mine.orgs, open.orgs);
    assert.deepEqual(mine.all, open.all);
    assert.equal(mine.late.length, Math.min(mine.all.overdue, 20));
    for (const entry of mine.late) {
      assert.equal(entry.clock.colour, 'red');
      assert.equal((await xiahou.get(entry.url)).status, 200);
    }
    const page = await xiahou.get('/supervision', { accept: html });
    assert.equal(page.status, 200);
    assert.match(page.text, /id="late"/);
  });
  await test('a cursor that is none begins at the beginning', async () => {
    const { late } = await xiahou.must(xiahou.get('/supervision'), 200);
    assert.deepEqual((await xiahou.must(xiahou.get('/supervision?after=%27;--'), 200)).late, late);
  });
}

export async function oversight(city, told) {
  await everybody(city, told);
  await counting(city);
  await supervisor(city);
}
