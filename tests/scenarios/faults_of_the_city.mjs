// Faults that real registries have, met by people of the demo city: names that differ, an address that nobody has coded, a day's
// queries that are used up, a register that is closed at night.  Each is told in plain words, loses nothing, and is seen by the officer.
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { root } from './lib/city.mjs';
import { Person, fieldOf, newKey, picture } from './lib/people.mjs';
import { test } from './lib/report.mjs';
import { kinds, readLog } from './lib/stranger.mjs';

const renewal = '000131002002';

// A part of a tile goes when it is full: a name that was just read may be gone.
function whileItGrows(error) {
  if (error.code !== 'ENOENT') throw error;
  return { leaves: [] };
}

// How many acts of each kind a node has written: its public log tells that to anyone.
async function actsOf(node) {
  const { readiness } = node;
  const acts = (await readiness.call(node)).json.acts;
  for (let tries = 0; tries < 400; tries += 1) {
    const key = (await fetch(`http://127.0.0.1:${node.port}/log/log.vkey`)).text();
    const { leaves } = await readLog(join(root, node.logDir), (await key).trim()).catch(whileItGrows);
    if (leaves.length >= acts) return leaves;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${node.name} never published ${acts} acts`);
}

// The acts that a node writes while `doing` runs, as leaves.
async function newActs(node, doing) {
  const before = (await actsOf(node)).length;
  await doing();
  return (await actsOf(node)).slice(before).map((leaf, i) => ({ index: before + i, kind: leaf[1] }));
}

const ofKind = (acts, kind) => acts.filter((act) => act.kind === kinds[kind]);

async function bodyOf(person, index) {
  const got = await person.get(`/receipts/${index}.json`);
  assert.equal(got.status, 200, got.text.slice(0, 200));
  return JSON.parse(got.json.body);
}

async function signIn(city, login) {
  const person = await Person.signIn(city, login);
  await person.begin();
  return person;
}

const html = async (person, path, lang = 'zh') => (await person.get(`${path}${path.includes('?') ? '&' : '?'}lang=${lang}`, { accept: 'text/html' })).text;

async function fillTheRest(person) {
  await person.save('trade', { business_kinds: ['hot'], delivery: 'no' });
  await person.save('staff', { staff_names: '自己', health: 'yes' });
  const plan = fieldOf(await person.section('papers'), 'plan');
  if (plan.files.length === 0) await person.addPlan(picture(person.login));
  else await person.save('papers', { promise: 'yes' }); // an earlier scenario has left its files
}

/* --- two registers name one person differently --------------------------------------------------- */

async function names(city) {
  const gu = await signIn(city, 'gu');
  await test('two registers that name a person differently are shown side by side with their sources, and the form says so', async () => {
    const shop = await gu.section('shop');
    const [registered, licensed] = [fieldOf(shop, 'owner_name'), fieldOf(shop, 'licence_person')];
    assert.equal(registered.value, '顾长安');
    assert.notEqual(licensed.value, registered.value);
    assert.equal(licensed.value.slice(0, 2), '顾长');
    assert.equal(registered.source.org, '公安厅');
    assert.equal(licensed.source.org, '市场监管局');
    assert.match(shop.notice.title, /不一样/);
    assert.match(await html(gu, `/apply/${gu.draft}/shop`), /不一样[\s\S]*照样可以往下办/);
    assert.match(await html(gu, `/apply/${gu.draft}/shop`, 'en'), /name you differently[\s\S]*nothing is lost/);
  });
  await test('someone whose names agree is told nothing of the kind', async () => {
    const shen = await signIn(city, 'shen');
    assert.equal((await shen.section('shop')).notice, undefined);
  });
  await test('the applicant says which is right, the form stops asking, and the dispute is an act', async () => {
    const written = await newActs(city.portal, () => gu.save('shop', { phone: '15400000828', 'licence_person.dispute': 'yes', 'licence_person.right': '顾长安' }));
    const [act] = ofKind(written, 'dispute');
    assert.equal((await bodyOf(gu, act.index)).detail.field, 'licence_person');
    const shop = await gu.section('shop');
    assert.ok(fieldOf(shop, 'licence_person').is_disputed);
    assert.equal(fieldOf(shop, 'licence_person').right, '顾长安');
    assert.equal(shop.notice, undefined);
  });
  let number;
  await test('the application goes on and is submitted', async () => {
    await gu.save('place', { area: '60', fire: 'electric' });
    await fillTheRest(gu);
    number = (await gu.must(gu.submit(), 201)).case_no;
  });
  await test('the officer sees both names, what the applicant says, and that the rule asks to look', async () => {
    const desk = await (await Person.signIn(city, 'ouyang')).get(`/desk/${number}-1`);
    const rule = desk.json.rules.find((each) => each.text.includes('不一致'));
    assert.equal(rule.result, 'ask');
    assert.ok(desk.json.rules.some((each) => each.result === 'ask' && each.text.includes('异议')));
    const row = desk.json.sections.flatMap((section) => section.rows).find((each) => each.field === 'licence_person');
    assert.equal(row.disputed, '顾长安');
    assert.match(await html(await Person.signIn(city, 'ouyang'), `/desk/${number}-1`), /顾长安/);
  });
}

/* --- an address that has no code -------------------------------------------------------------------- */

async function addresses(city) {
  const lu = await signIn(city, 'lu');
  await lu.save('shop', { phone: '15400000827' });
  await test('a shop without an address code: the form says who holds none, that it is nobody\'s fault here, and takes the address', async () => {
    const place = await lu.section('place');
    const [code, address] = [fieldOf(place, 'address_code'), fieldOf(place, 'shop_address')];
    assert.equal(code.source.type, 'value-missing');
    assert.match(code.source.problem, /市场监管局的登记里没有这一项/);
    assert.equal(address.source.type, 'earlier-missing');
    assert.match(address.source.problem, /请自己填，承办人会核实/);
    assert.match(await html(lu, `/apply/${lu.draft}/place`, 'en'), /does not hold this value/);
  });
  await test('the address itself must be typed: no later answer would bring it', async () => {
    const { revision } = await lu.section('place');
    const got = await lu.post(`/apply/${lu.draft}/place`, { area: '40', fire: 'gas', revision });
    assert.equal(got.status, 422, got.text.slice(0, 200));
    assert.deepEqual(got.json.errors.list.map((error) => error.field), ['shop_address']);
    assert.equal(fieldOf(got.json, 'area').value, '40', 'nothing is lost');
  });
  let number;
  await test('typed, it is kept as the applicant\'s own and the application can be submitted', async () => {
    await lu.save('place', { area: '40', fire: 'gas', shop_address: '东湖区荷塘街道荷塘社区听荷路 5 号' });
    await fillTheRest(lu);
    number = (await lu.must(lu.submit(), 201)).case_no;
  });
  await test('the officer sees that the address was typed and is asked to check it; the licence can carry it', async () => {
    const ouyang = await Person.signIn(city, 'ouyang');
    const desk = await ouyang.must(ouyang.get(`/desk/${number}-1`), 200);
    const row = desk.sections.flatMap((section) => section.rows).find((each) => each.field === 'shop_address');
    assert.equal(row.text, '东湖区荷塘街道荷塘社区听荷路 5 号');
    assert.ok(!row.source.is_fetched);
    assert.ok(desk.rules.some((rule) => rule.result === 'ask' && rule.text.includes('没有记录')));
  });
}

/* --- a day's queries are used up ---------------------------------------------------------------------- */

async function quota(city) {
  const he = await Person.signIn(city, 'he');
  he.draft = (await he.must(he.get(`/items/${renewal}/apply`), 200)).draft;
  const { portal } = city;
  const source = city.nodes.yunlan;
  let shop;
  await test('when the day\'s queries are used up the form says whose, until when, and takes the answer; the others still come', async () => {
    shop = await he.section('shop');
    const name = fieldOf(shop, 'owner_name');
    assert.equal(name.source.type, 'quota-exhausted');
    assert.match(name.source.problem, /^公安厅今天的查询次数用完了，明天 0:00 再开放/);
    assert.equal(name.source.may_urge, false);
    assert.ok(fieldOf(shop, 'shop_name').source.is_fetched);
    const page = await html(he, `/apply/${he.draft}/shop`, 'en');
    assert.match(page, /Public Security has used up today&#39;s queries|Public Security has used up today's queries/);
    assert.match(page, /opens again at 0:00 tomorrow/);
  });
  await test('asking again is refused again, at no cost to what was typed, and recorded on both sides', async () => {
    let asked;
    const refused = await newActs(source, async () => {
      asked = await newActs(portal, async () => {
        const { revision } = await he.section('shop');
        await he.must(he.post(`/apply/${he.draft}/shop`, { owner_name: '何晚晴', phone: '15400000829', retry: 'owner_name', revision }), 200);
      });
    });
    assert.equal(ofKind(refused, 'refuse').length, 1);
    assert.equal(ofKind(refused, 'read').length, 0);
    const [act] = ofKind(asked, 'ask');
    const { detail } = await bodyOf(he, act.index);
    assert.equal(detail.outcome, 'quota-exhausted');
    assert.equal(detail.urgent, undefined);
    assert.equal(fieldOf(await he.section('shop'), 'owner_name').value, '何晚晴');
  });
  await test('an urgent question of an information system is told apart and refused all the same', async () => {
    const system = await Person.signIn(city, 'canyin-system');
    const question = (urgent) => ({
      key: { kind: 'person', value: '990104199308160244' }, fields: ['name'], subject: 'x',
      purpose: { case: 'inspection-1', item: renewal, basis: '国务院令第716号第七条', actor: 'system', urgent },
    });
    const refused = await newActs(source, async () => {
      for (const urgent of [false, true]) {
        const got = await system.post('/gate/yl/person', question(urgent));
        assert.equal(got.status, 429, got.text);
        assert.equal(got.json.type, '/problems/quota-exhausted');
        assert.match(got.json.title, /今天的调用次数已用完/);
      }
    });
    assert.equal(ofKind(refused, 'refuse').length, 2);
  });
  await test('the application is submitted with what was typed, and the officer is told', async () => {
    await he.must(he.post(`/apply/${he.draft}/change`, { kind: 'renew', revision: (await he.section('change')).revision }), 200);
    const number = (await he.must(he.submit(newKey()), 201)).case_no;
    const ouyang = await Person.signIn(city, 'ouyang');
    const desk = await ouyang.must(ouyang.get(`/desk/${number}-1`), 200);
    assert.ok(desk.rules.some((rule) => rule.result === 'ask' && rule.text.includes('由申请人填写')));
  });
}

/* --- closed at night ---------------------------------------------------------------------------------------- */

async function night(city) {
  await test('the city opens with its clocks at half past eleven at night', async () => {
    await city.reopen(['--at', '23:30']);
    assert.match(city.said, /23:3\d/);
  });
  const fang = await signIn(city, 'fang');
  await test('a register that is closed says when it opens; what is open still answers', async () => {
    const shop = await fang.section('shop');
    const name = fieldOf(shop, 'owner_name');
    assert.equal(name.source.type, 'outside-hours');
    assert.match(name.source.problem, /^公安厅这个时间不开放查询，06:00 开放/);
    assert.ok(name.source.may_urge);
    assert.ok(fieldOf(shop, 'shop_name').source.is_fetched);
    assert.match(await html(fang, `/apply/${fang.draft}/shop`), /name="urgent" value="owner_name"/);
    assert.match(await html(fang, `/apply/${fang.draft}/shop`, 'en'), /is closed at this hour and opens at 06:00/);
  });
  await test('an urgent question is answered at night, and is signed and recorded as urgent', async () => {
    let read;
    const asked = await newActs(city.portal, async () => {
      read = await newActs(city.nodes.yunlan, async () => {
        const { revision } = await fang.section('shop');
        await fang.must(fang.post(`/apply/${fang.draft}/shop`, { owner_name: '方', phone: '15400000830', urgent: 'owner_name', revision }), 200);
      });
    });
    assert.equal(ofKind(read, 'read').length, 1);
    const [act] = ofKind(asked, 'ask');
    assert.equal((await bodyOf(fang, act.index)).detail.urgent, true);
    const name = fieldOf(await fang.section('shop'), 'owner_name');
    assert.ok(name.source.is_fetched);
    assert.equal(name.value, '方夜白');
  });
  await test('by day the same register answers without urgency', async () => {
    await city.reopen(['--at', '10:00']);
    const again = await signIn(city, 'fang');
    const { revision } = await again.section('shop');
    await again.must(again.post(`/apply/${again.draft}/shop`, { phone: '15400000830', retry: '*', revision }), 200);
    assert.ok(fieldOf(await again.section('shop'), 'owner_id').source.is_fetched);
  });
}

export async function faults(city) {
  await names(city);
  await addresses(city);
  await quota(city);
  await night(city);
}
