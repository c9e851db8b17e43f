// Progress by query code: what the holder of a code sees without signing in, and that codes cannot be guessed.
import { strict as assert } from 'node:assert';
import { ask } from './lib/http.mjs';
import { Person, item, newKey } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const power = '990100-XK-0131';

async function seen(city, code, wish) {
  return ask(city.portal.port, `/progress?code=${encodeURIComponent(code)}`, wish);
}

const pageOf = (city, code, lang) => ask(city.portal.port, `/progress?code=${encodeURIComponent(code)}&lang=${lang}`, { accept: 'text/html' });

const stepTitles = (document) => document.timeline.filter((step) => step.is_now).map((step) => step.title);

export async function progress(city) {
  const gu = await Person.signIn(city, 'gu');
  const ouyang = await Person.signIn(city, 'ouyang');
  gu.draft = (await gu.must(gu.get(`/items/${item}/apply`), 200)).draft;
  for (const [id, values] of [['shop', { phone: '15400000828' }], ['place', { area: '60', fire: 'electric' }], ['trade', { business_kinds: ['hot'], delivery: 'no' }], ['staff', { staff_names: '顾长安', health: 'yes' }]]) await gu.save(id, values);
  await gu.addPlan(Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==', 'base64'));
  const number = (await gu.must(gu.submit(newKey()), 201)).case_no;
  const done = await gu.must(gu.get(`/cases/${number}/done`), 200);
  const part = `${number}-1`;
  let code;
  await test('the page after submitting gives the code and leads to the progress, which needs no sign-in', async () => {
    code = new URL(done.progress_url, 'http://x').searchParams.get('code');
    assert.equal(code, done.query_code.replaceAll(' ', ''));
    const got = await seen(city, code);
    assert.equal(got.status, 200, got.text);
    assert.ok(got.json.is_found);
    assert.equal(got.json.query_code, done.query_code);
    assert.equal(got.json.sub_cases.length, 4);
    assert.deepEqual(stepTitles(got.json), ['等受理']);
    assert.match(got.json.next.who, /市场监管局/);
    assert.equal((await seen(city, done.query_code)).status, 200, 'with blanks as it is printed');
  });
  await test('accepted, it says who works and how many working days are left', async () => {
    await ouyang.must(ouyang.post(`/desk/${part}/accept`, {}, { key: newKey() }), 200);
    const { json } = await seen(city, code);
    assert.equal(json.left_days, 5);
    assert.match(json.left_text, /5 个工作日/);
    assert.deepEqual(stepTitles(json), ['等受理', '正在办']);
  });
  await test('paused, it says what is asked for, by whom, and whose turn it is, but not what the officer wrote', async () => {
    await ouyang.must(ouyang.post(`/desk/${part}/supplement`, { fields: [{ field: 'plan', what: '顾先生，请标出三个水池' }] }, { key: newKey() }), 200);
    const { json, text } = await seen(city, code);
    assert.equal(json.next.who, '申请人');
    const lane = json.sub_cases.find((each) => each.state === 'paused');
    assert.equal(lane.note, '要补：厨房布局图');
    assert.ok(lane.clock.is_paused);
    assert.ok(!text.includes('水池'), text);
  });
  await test('nobody is named and nothing that was filled in is told, in JSON or on the page', async () => {
    for (const got of [await seen(city, code), await pageOf(city, code, 'zh'), await pageOf(city, code, 'en')]) {
      assert.equal(got.status, 200);
      for (const secret of ['顾长安', '欧阳云舒', '15400000828', '山月小馆', number, '采薇巷']) assert.ok(!got.text.includes(secret), `${secret} in ${got.text.slice(0, 400)}`);
    }
  });
  await test('the page says in both languages what the document says', async () => {
    const zh = await pageOf(city, code, 'zh');
    const en = await pageOf(city, code, 'en');
    const { json } = await seen(city, code);
    for (const words of [json.summary, json.next.text, json.query_code, '要补：厨房布局图']) assert.ok(zh.text.includes(words), words);
    assert.match(en.text, /It is the turn of[\s\S]*The applicant[\s\S]*To be supplied: Kitchen plan/);
  });
  await test('a decision of one part is told, and what the others still do', async () => {
    await ouyang.must(ouyang.get(`/desk/${part}`), 200);
    const murong = await Person.signIn(city, 'murong');
    await murong.must(murong.post(`/desk/${number}-2/accept`, {}, { key: newKey() }), 200);
    await murong.must(murong.post(`/desk/${number}-2/decide`, { result: 'grant', reason: '顾先生的招牌合格。', power: power.replace('0131', '0219') }, { key: newKey() }), 200);
    const { json, text } = await seen(city, code);
    assert.ok(json.sub_cases.some((each) => each.state === 'granted'));
    assert.ok(!text.includes('招牌合格'), 'reasons are the applicant\'s');
  });
  await test('the form stands alone where no code was given', async () => {
    const got = await ask(city.portal.port, '/progress', { accept: 'text/html' });
    assert.equal(got.status, 200);
    assert.match(got.text, /name="code"/);
    assert.match((await ask(city.portal.port, '/', { accept: 'text/html' })).text, /href="\/progress"/);
  });
  await test('a wrong code is said plainly and keeps what was typed; after ten the door is shut for a while, to right ones too', async () => {
    const statuses = [];
    for (let i = 0; i < 12; i += 1) {
      const got = await pageOf(city, `26112800000${i % 10}`, 'zh');
      statuses.push(got.status);
      if (i === 0) assert.match(got.text, /没有这个查询码[\s\S]*value="261128000000"/);
    }
    assert.deepEqual(statuses, [...Array(10).fill(404), 429, 429]);
    const shut = await seen(city, code);
    assert.equal(shut.status, 429);
    assert.match(shut.json.errors.list[0].message, /15 分钟/);
    assert.equal((await gu.get(`/cases/${number}`)).status, 200, 'signed in it is always there');
  });
}
