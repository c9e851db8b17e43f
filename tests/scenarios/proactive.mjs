// Services that look for people: who is told, why, and what comes of it.
import { strict as assert } from 'node:assert';
import { until } from './lib/city.mjs';
import { ask } from './lib/http.mjs';
import { Person, fieldOf, newKey } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const mine = async (person) => (await person.must(person.get('/cases'), 200)).offers ?? [];

async function report(city, key) {
  const wenren = await Person.signIn(city, 'wenren');
  return (await wenren.must(wenren.get('/proactive'), 200)).benefits.find((benefit) => benefit.key === key);
}

async function looking(city) {
  await test('the night’s runs end, and say how many records they looked at and how many were not theirs to see', async () => {
    for (const key of ['elder-allowance', 'disability-living', 'disability-nursing']) {
      const { run } = await until(async () => {
        const found = await report(city, key);
        return found.run?.ended ? found : undefined;
      }, `${key} was gone through`);
      assert.ok(run.looked > 500 && run.hidden > 0, JSON.stringify(run));
      assert.equal(run.found, run.unreachable + run.offered);
      assert.ok(run.act > 0);
    }
    const { run } = await report(city, 'elder-allowance');
    assert.ok(run.dropped > run.found, 'most are paid already, and some have died');
  });
  await test('whoever turned eighty finds the allowance on their page, with the reason and the choice', async () => {
    const tang = await Person.signIn(city, 'tang');
    const offers = await mine(tang);
    assert.deepEqual(offers.map((offer) => offer.benefit), ['elder-allowance']);
    assert.match(offers[0].reason, /年满 80 周岁/);
    const home = await tang.must(tang.get('/'), 200);
    assert.ok(home.waiting.list.some((entry) => entry.title.includes('高龄津贴')));
    const page = await tang.get('/cases?lang=en', { accept: 'text/html' });
    assert.match(page.text, /You may be entitled to: Old-age allowance/);
    assert.match(page.text, new RegExp(`action="/offers/${offers[0].id}/decline"`));
  });
  await test('others find nothing, and another’s offer is not found', async () => {
    const [offer] = await mine(await Person.signIn(city, 'tang'));
    const shen = await Person.signIn(city, 'shen');
    assert.deepEqual(await mine(shen), []);
    for (const answer of ['accept', 'decline']) {
      assert.equal((await shen.post(`/offers/${offer.id}/${answer}`, {})).status, 404);
      assert.ok([401, 403].includes((await ask(city.portal.port, `/offers/${offer.id}/${answer}`, { json: {} })).status));
    }
  });
}

async function readers(city) {
  await test('that the night read one’s record stands among those who read it, with the reason', async () => {
    const gu = await Person.signIn(city, 'gu');
    const page = await gu.must(gu.get('/readers'), 200);
    const text = JSON.stringify(page);
    assert.match(text, /看您能不能享受补贴/);
    assert.match(text, /cl\/disability/);
    assert.match(text, /残联/);
  });
}

async function apply(person, offer) {
  const { draft } = await person.must(person.post(`/offers/${offer.id}/accept`, {}), 200);
  person.draft = draft;
  const pay = await person.section('pay');
  await person.save('pay', { account: 'card', phone: '154 0000 0831' });
  const { case_no } = await person.must(person.submit(newKey()), 201);
  return { pay, case_no };
}

async function decide(city, case_no, result, power, reason) {
  const helian = await Person.signIn(city, 'helian');
  await helian.must(helian.post(`/desk/${case_no}-1/accept`, {}), 200);
  return helian.must(helian.post(`/desk/${case_no}-1/decide`, { result, reason, power }), 200);
}

async function answering(city) {
  await test('accepting opens an application that is filled in already, and granting it counts for the rule', async () => {
    const tang = await Person.signIn(city, 'tang');
    const [offer] = await mine(tang);
    const before = await report(city, 'elder-allowance');
    const { pay, case_no } = await apply(tang, offer);
    assert.equal(fieldOf(pay, 'owner_name').value, '唐守拙');
    assert.deepEqual(await mine(tang), []);
    await decide(city, case_no, 'grant', '990100-JF-0508', '');
    const after = await report(city, 'elder-allowance');
    assert.equal(after.offers.granted, before.offers.granted + 1);
    assert.equal(after.wrong, before.wrong);
  });
  await test('declining takes the offer away for good', async () => {
    const gu = await Person.signIn(city, 'gu');
    const offers = await mine(gu);
    assert.deepEqual(offers.map((offer) => offer.benefit).sort(), ['disability-living', 'disability-nursing']);
    const living = offers.find((offer) => offer.benefit === 'disability-living');
    await gu.must(gu.post(`/offers/${living.id}/decline`, {}), 200);
    assert.deepEqual((await mine(gu)).map((offer) => offer.benefit), ['disability-nursing']);
    assert.equal((await gu.post(`/offers/${living.id}/decline`, {})).status, 409);
    assert.equal((await gu.post(`/offers/${living.id}/accept`, {})).status, 409);
    assert.equal((await report(city, 'disability-living')).offers.declined, 1);
  });
  await test('an offer that turns out wrong is counted, where the steward sees it', async () => {
    const gu = await Person.signIn(city, 'gu');
    const [nursing] = await mine(gu);
    const { case_no } = await apply(gu, nursing);
    await decide(city, case_no, 'refuse', '990100-JF-0509', '护理需要评估未通过');
    const found = await report(city, 'disability-nursing');
    assert.deepEqual([found.offers.wrong, found.offers.granted, found.precision_percent], [1, 0, 0]);
    const wenren = await Person.signIn(city, 'wenren');
    const page = await wenren.get('/proactive', { accept: 'text/html' });
    assert.match(page.text, /作出决定的 1 件里，1 件其实不符合/);
    assert.match(page.text, /公民身份号码、户籍地区、残疾等级/);
    assert.ok(!/顾长安|唐守拙|99010/.test(page.text.replaceAll('990100-', '')));
  });
  await test('only stewards see how the rules fared', async () => {
    assert.equal((await (await Person.signIn(city, 'ouyang')).get('/proactive')).status, 403);
    assert.equal((await (await Person.signIn(city, 'shen')).get('/proactive')).status, 403);
  });
}

async function again(city) {
  await test('after a restart nobody is told twice', async () => {
    const before = await report(city, 'disability-living');
    await city.reopen();
    assert.deepEqual(await mine(await Person.signIn(city, 'gu')), []);
    assert.deepEqual((await report(city, 'disability-living')).offers, before.offers);
  });
}

export async function proactive(city) {
  await looking(city);
  await readers(city);
  await answering(city);
  await again(city);
}
