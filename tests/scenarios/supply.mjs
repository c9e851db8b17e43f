// A supplement is asked once and answered once: exactly the fields that were asked, checked like the form itself, files as files only.
import { strict as assert } from 'node:assert';
import { Person, fieldOf, newKey, picture } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const asked = [{ field: 'plan', what: '请补一张标出水池的图' }, { field: 'area', what: '和房产证上的面积不一样，请核对' }];

function says(got, field, words) {
  assert.equal(got.status, 422, got.text.slice(0, 300));
  const error = got.json.errors.list.find((entry) => entry.field === field);
  assert.match(error?.message ?? 'nothing is said of it', words);
}

const parts = (area, ...files) => [{ name: 'area', text: area }, ...files.map(([file, bytes]) => ({ name: 'plan', file, bytes }))];

export async function supply(city) {
  const shen = await Person.signIn(city, 'shen');
  const ouyang = await Person.signIn(city, 'ouyang');
  const number = await shen.open();
  const path = `/cases/${number}-1/supply`;
  await test('before anything is asked there is nothing to answer', async () => {
    assert.equal((await shen.get(path)).status, 409);
  });
  await ouyang.must(ouyang.post(`/desk/${number}-1/accept`, {}, { key: newKey() }), 200);
  await ouyang.must(ouyang.post(`/desk/${number}-1/supplement`, { fields: asked }, { key: newKey() }), 200);
  await test('the page shows the asked fields only, each with what is missing and with the limits of a file', async () => {
    const page = await shen.must(shen.get(path), 200);
    assert.deepEqual(page.section.fields.map((field) => field.id), ['plan', 'area']);
    assert.match(fieldOf(page, 'plan').hint, /标出水池的图.*10 MB/);
  });
  await test('a browser is offered to go back, not to send it half done', async () => {
    const page = await shen.get(path, { accept: 'text/html' });
    assert.match(page.text, /先不补，回到办件/);
    assert.doesNotMatch(page.text, /value="later"/);
  });
  await test('the name of a file that nobody has sent is no file', async () => {
    const forged = [{ name: 'plan.png', sha256: 'ab'.repeat(32), type: 'image/png', bytes: 70 }];
    says(await shen.post(path, { area: '88', plan: forged }), 'plan', /厨房布局图/);
    says(await shen.get(path, { form: { area: '88', plan: 'ab'.repeat(32) }, accept: 'application/json' }), 'plan', /厨房布局图/);
  });
  await test('a file of a wrong type is told by name, a wrong number at its field, and the number stays', async () => {
    const got = await shen.upload(path, parts('很大', ['plan.png', Buffer.from('no picture at all')]));
    says(got, 'plan', /plan\.png/);
    says(got, 'area', /使用面积/);
    assert.equal(fieldOf(got.json, 'area').value, '很大');
  });
  await test('more files than the form takes are refused', async () => {
    const four = ['1', '2', '3', '4'].map((n) => [`${n}.png`, picture(`supply-${n}`)]);
    says(await shen.upload(path, parts('88', ...four)), 'plan', /./);
  });
  await test('after all these the case still waits, its clock stopped', async () => {
    const [first] = (await shen.must(shen.get(`/cases/${number}`), 200)).sub_cases;
    assert.ok(first.is_waiting && first.clock.is_paused);
  });
  await test('an answer with everything goes through, and the officer sees it beside what was there', async () => {
    const got = await shen.must(shen.upload(path, [...parts(' ８８ 平方米', ['plan-2.png', picture('two')]), { name: 'fire', text: 'electric' }]), 200);
    assert.deepEqual(got.acts.map((act) => act.kind), ['clock', 'clock', 'supplied']); // the promise and the law's own time run on
    const desk = await ouyang.must(ouyang.get(`/desk/${number}-1`), 200);
    assert.match(JSON.stringify(desk.changes), /88/);
    assert.ok(desk.evidence.some((file) => file.name === 'plan-2.png'));
    assert.doesNotMatch(JSON.stringify(desk.changes), /electric|只用电/);
  });
  await test('a second answer and a second notice are refused', async () => {
    assert.equal((await shen.upload(path, parts('99', ['3.png', picture('three')]))).status, 409);
    assert.equal((await ouyang.post(`/desk/${number}-1/supplement`, { fields: asked }, { key: newKey() })).status, 409);
  });
}
