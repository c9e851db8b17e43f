// What a service asks is a JSON Schema: a program fetches it, holds what it is about to send against it, sends it, and is believed.
import { strict as assert } from 'node:assert';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './lib/city.mjs';
import { ask } from './lib/http.mjs';
import { Person, item } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const folder = 'build/scenarios/schemas';
const right = {
  phone: '15400000827', area: '120', fire: 'bottle', bottle_room: 'yes', business_kinds: ['hot'], delivery: 'no',
  staff_names: '陆小满', health: 'yes', promise: 'yes',
};
const wrong = { ...right, area: '4', bottle_room: '', business_kinds: ['hot', 'fried'], delivery: 'yes', phone: '154' };

// `zhengtong rule schema`, as anyone would call it: the paths of what is wrong.
async function mistakes(schema, body) {
  mkdirSync(join(root, folder), { recursive: true });
  const file = (name, document) => {
    writeFileSync(join(root, folder, name), JSON.stringify(document));
    return `${folder}/${name}`;
  };
  const { code, out, err } = await run(['rule', 'schema', file('schema.json', schema), file('body.json', body)]);
  assert.ok(code === 0 || code === 65, err);
  const [told] = JSON.parse(out);
  assert.equal(told.valid, code === 0);
  return new Set(told.errors.map((error) => error.path || `/${error.missing}`));
}

export async function schemas(city) {
  const address = `/items/${item}/schema.json`;
  const fetched = (path) => ask(city.portal.port, path);
  const guide = (await fetched(`/items/${item}`)).json;
  const kept = await fetched(guide.apply.schema_url);
  const { json: sent } = await fetched(`${address}?as=sent`);
  const person = await Person.signIn(city, 'shen');
  await person.begin();

  await test('the schema of a form stands beside its guide, and may be kept by anyone for a while', async () => {
    assert.equal(guide.apply.schema_url, address);
    assert.equal(kept.status, 200);
    assert.match(kept.headers['content-type'], /^application\/schema\+json/);
    assert.match(kept.headers['cache-control'], /^public, max-age=\d+/);
    assert.equal(kept.json.$id, address);
    assert.deepEqual(kept.json['x-sections'].map((section) => section.id), ['shop', 'place', 'trade', 'staff', 'papers']);
    assert.ok(kept.json.required.includes('owner_name') && !sent.required.includes('owner_name'));
    const page = await ask(city.portal.port, `/items/${item}`, { accept: 'text/html' });
    assert.ok(page.text.includes(`href="${address}"`));
  });
  await test('what the schema finds wrong is what the service finds wrong, at the same paths', async () => {
    const found = await mistakes(sent, wrong);
    const told = new Set();
    for (const { id } of sent['x-sections']) {
      const { revision } = await person.section(id);
      const got = await person.post(`/apply/${person.draft}/${id}`, { ...wrong, revision });
      for (const { path } of got.json.errors?.list ?? []) told.add(path);
    }
    told.delete('/plan'); // a file, which no JSON brings
    assert.deepEqual([...told].sort(), ['/area', '/bottle_room', '/business_kinds', '/phone', '/platforms']);
    assert.deepEqual(new Set([...found].map((path) => path.replace(/^(\/[^/]*).*/, '$1'))), told);
  });
  await test('what the schema finds right is taken, section by section, without a complaint', async () => {
    assert.deepEqual(await mistakes(sent, right), new Set());
    for (const { id } of sent['x-sections'].slice(0, -1)) {
      await person.save(id, right);
    }
  });
  await test('there is no schema of what cannot be applied for here, and no third kind of schema', async () => {
    assert.equal((await fetched('/items/000219001001/schema.json')).status, 404);
    assert.equal((await fetched('/items/0/schema.json')).status, 404);
    assert.equal((await fetched(`${address}?as=sold`)).status, 400);
  });
}
