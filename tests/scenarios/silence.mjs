// A source does not answer: the form says which, the applicant goes on, and asks again when it is back.
import { strict as assert } from 'node:assert';
import { end } from './lib/city.mjs';
import { Person, fieldOf, newKey, picture } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const typed = { company_code: '92990103MA00000B7N', shop_name: '半亩方塘面馆', licence_person: '沈知遥', phone: '15400000826' };

export async function silence(city) {
  const source = city.nodes.dengji;
  const shen = await Person.signIn(city, 'shen');
  await shen.begin();
  await test('the node of the company register is stopped', () => end(source.pid, 'SIGTERM'));
  source.pid = 0;
  await test('the form opens, with what other sources gave, and names the one that is silent', async () => {
    const shop = await shen.section('shop');
    assert.equal(fieldOf(shop, 'owner_name').value, '沈知遥');
    assert.ok(fieldOf(shop, 'owner_name').source.is_fetched);
    const { source: silent } = fieldOf(shop, 'company_code');
    assert.ok(silent.is_silent, JSON.stringify(silent));
    assert.match(silent.problem, /市场监管局/);
  });
  await test('what is typed instead is kept, and is said to be the applicant\'s', async () => {
    await shen.save('shop', typed);
    const shop = await shen.section('shop');
    assert.equal(fieldOf(shop, 'shop_name').value, typed.shop_name);
    assert.equal(fieldOf(shop, 'company_code').value, typed.company_code);
    assert.equal(fieldOf(shop, 'phone').value, typed.phone);
    assert.ok(!fieldOf(shop, 'shop_name').source.is_fetched);
  });
  await test('asking again while it is still silent loses nothing', async () => {
    const { revision } = await shen.section('shop');
    const got = await shen.post(`/apply/${shen.draft}/shop`, { ...typed, revision, retry: 'company_code' });
    assert.equal(got.status, 200, got.text.slice(0, 200));
    const shop = await shen.section('shop');
    assert.equal(fieldOf(shop, 'shop_name').value, typed.shop_name);
    assert.ok(fieldOf(shop, 'company_code').source.is_silent);
  });
  let number;
  await test('the application can be submitted without the silent source', async () => {
    await shen.save('place', { address_code: '99010300000000000001', shop_address: '东湖区文澜路 1 号', area: '86', fire: 'gas' });
    await shen.save('trade', { business_kinds: ['hot'], delivery: 'no' });
    await shen.save('staff', { staff_names: '沈知遥', health: 'yes' });
    await shen.addPlan(picture());
    const key = newKey();
    number = (await shen.must(shen.submit(key), 201)).case_no;
  });
  await test('the officer sees that these values were not checked by their source', async () => {
    const ouyang = await Person.signIn(city, 'ouyang');
    const desk = await shen.must(ouyang.get(`/desk/${number}-1`), 200);
    assert.match(JSON.stringify(desk), /有的信息来源没有回应/);
  });
  await test('the source comes back, and asking again fetches', async () => {
    await shen.begin();
    const { revision } = await shen.section('shop');
    await shen.must(shen.post(`/apply/${shen.draft}/shop`, { ...typed, revision }), 200);
    await source.startAgain();
    const seen = await shen.section('shop');
    assert.equal(fieldOf(seen, 'shop_name').value, typed.shop_name);
    const got = await shen.post(`/apply/${shen.draft}/shop`, { ...typed, revision: seen.revision, retry: '*' });
    assert.equal(got.status, 200, got.text.slice(0, 200));
    const shop = await shen.section('shop');
    assert.ok(fieldOf(shop, 'company_code').source.is_fetched, JSON.stringify(fieldOf(shop, 'company_code')));
    assert.equal(fieldOf(shop, 'shop_name').value, '云溪市东湖区半亩方塘面馆');
  });
  await test('the log of the node that was stopped verifies', async () => {
    const got = await source.verify();
    assert.equal(got.code, 0, got.out + got.err);
  });
}
