// "Save and finish later": nothing typed is lost, right or wrong, and the page says until when it is kept and how to go on.
import { strict as assert } from 'node:assert';
import { Person, fieldOf, newKey, picture } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const html = { accept: 'text/html' };

// The section as it was typed, with the button of that name; a browser's form.
async function press(person, section, values, then = 'later', wish = {}) {
  const { revision } = await person.section(section);
  return person.get(`/apply/${person.draft}/${section}`, { form: { ...values, revision, then }, ...wish });
}

function errorOf(document, field) {
  return document.errors?.list.find((entry) => entry.field === field)?.message;
}

export async function later(city) {
  const lu = await Person.signIn(city, 'lu');
  const kept = () => `/drafts/${lu.draft}/kept`;
  await lu.begin();
  await test('a program that saves for later is told what is wrong, and that it is kept', async () => {
    const got = await press(lu, 'place', { area: '很大', fire: 'gas' }, 'later', { accept: 'application/json' });
    assert.equal(got.status, 200, got.text.slice(0, 300));
    assert.equal(got.json.location, kept());
    assert.ok(errorOf(got.json, 'area'));
    assert.ok(got.json.kept_until && got.json.help_code && got.json.revision > 1);
  });
  await test('what was typed is there again, the wrong number too', async () => {
    const place = await lu.section('place');
    assert.equal(fieldOf(place, 'area').value, '很大');
    assert.equal(fieldOf(place, 'fire').choices.find((choice) => choice.chosen).value, 'gas');
  });
  await test('a browser is led to a page that says until when, and how to go on', async () => {
    const got = await press(lu, 'place', { area: '又宽又大', fire: 'gas' }, 'later', html);
    assert.equal(got.status, 303, got.text.slice(0, 300));
    assert.equal(got.headers.location, kept());
    const page = await lu.get(got.headers.location, html);
    assert.equal(page.status, 200);
    for (const words of [/存好了/, /留到 \d+月\d+日/, new RegExp(`href="/drafts/${lu.draft}"`), /href="\/cases"/, /12345/, new RegExp(lu.draft.slice(2, 10))]) {
      assert.match(page.text, words);
    }
    assert.match((await lu.get(`${kept()}?lang=en`, html)).text, /Everything you typed is there/);
  });
  await test('the draft stands in my cases, and going on leads to where something is wrong, which is said', async () => {
    const { drafts } = await lu.must(lu.get('/cases'), 200);
    assert.ok(drafts.some((draft) => draft.url === `/drafts/${lu.draft}`));
    await lu.save('shop', { phone: '154 0000 0827' });
    const again = await lu.must(lu.get(`/drafts/${lu.draft}`), 200);
    const page = await lu.must(lu.get(again.location), 200);
    assert.match(again.location, /errors=1$/);
    assert.ok(page.errors.count > 0);
    assert.equal(fieldOf(page, 'area').value, '又宽又大');
    assert.ok(errorOf(page, 'area'));
  });
  await test('a section that nobody has begun does not complain', async () => {
    const gu = await Person.signIn(city, 'gu');
    await gu.begin();
    const fresh = await gu.section('trade');
    assert.equal(fresh.errors, undefined);
  });
  await test('nothing at all can be kept for later too', async () => {
    const got = await press(lu, 'staff', {}, 'later', html);
    assert.equal(got.status, 303);
    assert.equal(got.headers.location, kept());
  });
  await test('a file that cannot be kept is said at once, and the rest of the form is kept', async () => {
    const { revision } = await lu.section('papers');
    const got = await lu.upload(`/apply/${lu.draft}/papers`, [{ name: 'promise', text: 'yes' }, { name: 'revision', text: String(revision) },
      { name: 'then', text: 'later' }, { name: 'plan', file: 'plan.png', bytes: Buffer.from('no picture') }]);
    assert.equal(got.status, 422, got.text.slice(0, 300));
    assert.match(errorOf(got.json, 'plan'), /plan\.png/);
    assert.equal(fieldOf(await lu.section('papers'), 'promise').value, true);
  });
  await test('a good file goes along', async () => {
    const { revision } = await lu.section('papers');
    const got = await lu.upload(`/apply/${lu.draft}/papers`, [{ name: 'revision', text: String(revision) }, { name: 'then', text: 'later' },
      { name: 'plan', file: 'plan.png', bytes: picture('later') }], html);
    assert.equal(got.status, 303, got.text.slice(0, 300));
    assert.equal(fieldOf(await lu.section('papers'), 'plan').files.length, 1);
  });
  await test('an older tab does not overwrite: it is shown what was typed, with 409', async () => {
    const { revision } = await lu.section('place');
    const got = await lu.get(`/apply/${lu.draft}/place`, { form: { area: '77', revision: revision - 1, then: 'later' }, accept: 'application/json' });
    assert.equal(got.status, 409);
    assert.equal(fieldOf(got.json, 'area').value, '77');
    assert.equal(fieldOf(await lu.section('place'), 'area').value, '又宽又大');
  });
  await test('nobody else sees what is kept', async () => {
    const gu = await Person.signIn(city, 'gu');
    assert.equal((await gu.get(kept())).status, 404);
    assert.ok([401, 403].includes((await lu.get(kept(), { token: '' })).status));
  });
  await test('what another tab changed after the last look is not submitted unseen', async () => {
    const shen = await Person.signIn(city, 'shen');
    await shen.fill();
    const seen = await shen.must(shen.get(`/apply/${shen.draft}/check`), 200);
    await shen.save('place', { area: '87', fire: 'gas' });
    const got = await shen.post(`/apply/${shen.draft}/submit`, { declare: 'yes', revision: seen.revision }, { key: newKey() });
    assert.equal(got.status, 409, got.text.slice(0, 300));
    assert.ok(errorOf(got.json, 'main'));
    const { revision } = await shen.must(shen.get(`/apply/${shen.draft}/check`), 200);
    const { case_no: number } = await shen.must(shen.post(`/apply/${shen.draft}/submit`, { declare: 'yes', revision }, { key: newKey() }), 201);
    const there = await shen.must(shen.get(`/drafts/${shen.draft}/kept`), 200);
    assert.equal(there.location, `/cases/${number}`);
  });
}
