// Every route of the description, tried by every kind of user: open exactly where x-role says so.
import { strict as assert } from 'node:assert';
import { ask } from './lib/http.mjs';
import { Person, item, picture } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const logins = {
  citizen: 'shen', officer: 'zhuge', steward: 'wenren', supervisor: 'xiahou', operator: 'yuwen', system: 'canyin-system',
};

// Addresses of things that exist, so that a refusal is about the role and not about a wrong number.
function addressOf(path, told) {
  const known = {
    code: item, draft: 'd-none', section: 'shop', case_no: told.case_no, sub_case: `${told.case_no}-1`, sha256: '0'.repeat(64),
    id: told.certificates[0].id, index: '0', path: 'checkpoint', resource: 'yl/person',
  };
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => known[name] ?? `no-${name}`);
  return path.startsWith('/static/') ? '/static/site.css' : filled;
}

// "open", or what the node calls the refusal.
function verdict(got) {
  if (got.status === 401 && got.json?.type === '/problems/sign-in') return 'sign-in';
  if (got.status === 403 && got.json?.type === '/problems/other-role') return 'other-role';
  return 'open';
}

async function tryRoute(city, told, method, path, role) {
  const person = role === 'nobody' ? undefined : await Person.signIn(city, logins[role]);
  const wish = { method: method.toUpperCase(), token: person?.token };
  if (method === 'post') wish.json = {};
  return ask(city.portal.port, addressOf(path, told), wish);
}

async function everyRoute(city, told) {
  const { json } = await ask(city.portal.port, '/openapi.json');
  for (const [path, operations] of Object.entries(json.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      await test(`${method.toUpperCase()} ${path} is for the role ${operation['x-role']}`, async () => {
        for (const role of ['nobody', ...Object.keys(logins)]) {
          const got = await tryRoute(city, told, method, path, role);
          assert.notEqual(got.status, 500, `${role}: ${got.text.slice(0, 200)}`);
          assert.notEqual(got.status, 405, role);
          const mine = operation['x-role'] === 'public' || operation['x-role'] === role || (operation['x-officers-too'] && !['nobody', 'citizen'].includes(role));
          // What belongs to one person may still ask nobody to sign in.
          const power = ['own-case', 'signed-in'].includes(operation['x-power']) || path.startsWith('/receipts') || path.startsWith('/log/') || path.startsWith('/sign-in');
          const allowed = mine ? ['open', ...(role === 'nobody' && power ? ['sign-in'] : [])] : [role === 'nobody' ? 'sign-in' : 'other-role'];
          assert.ok(allowed.includes(verdict(got)), `${role}: ${verdict(got)} ${got.status} ${got.text.slice(0, 200)}`);
        }
      });
    }
  }
}

async function latestAct(city) {
  return (await ask(city.portal.port, '/log')).json.acts[0];
}

// Each of these is refused with 403, and that somebody tried is an act.
async function isDenied(city, person, path, wish = {}) {
  const before = await city.portal.acts();
  const got = await person.get(path, wish);
  assert.equal(got.status, 403, got.text.slice(0, 200));
  assert.match(got.json.type, /^\/problems\//);
  assert.ok(got.json.reference);
  assert.equal(await city.portal.acts(), before + 1, 'the refusal is one act');
  assert.equal((await latestAct(city)).kind, 'denied');
}

async function departments(city, told) {
  const zhuge = await Person.signIn(city, 'zhuge');
  const murong = await Person.signIn(city, 'murong');
  const part = `/desk/${told.case_no}-1`;
  const posts = { accept: {}, supplement: { fields: [{ field: 'plan', what: '再来一张' }] }, decide: { result: 'grant', reason: '好', power: '990100-XK-0131' } };
  await test('a clerk of a department without a part of the case: 403 and an act', () => isDenied(city, zhuge, part));
  await test('a clerk of the department of another part: 403 and an act', () => isDenied(city, murong, part));
  for (const [what, json] of Object.entries(posts)) {
    await test(`the same clerks try to ${what}: 403 and an act`, async () => {
      await isDenied(city, zhuge, `${part}/${what}`, { method: 'POST', json });
      await isDenied(city, murong, `${part}/${what}`, { method: 'POST', json, key: `roles-${what}-${process.pid}` });
    });
  }
  await test('the case page itself: 403 and an act', () => isDenied(city, zhuge, `/cases/${told.case_no}`));
}

async function citizens(city, told) {
  const lu = await Person.signIn(city, 'lu');
  const paths = ['', '/done', '/application', '/withdraw'].map((end) => `/cases/${told.case_no}${end}`);
  for (const path of [...paths, `/cases/${told.case_no}-1/supply`]) {
    await test(`another citizen finds nothing at ${path.replace(told.case_no, '{case_no}')}`, async () => {
      const got = await lu.get(path);
      assert.equal(got.status, 404, got.text.slice(0, 200));
      assert.ok(!got.text.includes('沈知遥'));
    });
  }
  await test('another citizen cannot withdraw the case', async () => {
    const got = await lu.post(`/cases/${told.case_no}/withdraw`, {});
    assert.equal(got.status, 404, got.text.slice(0, 200));
  });
  await test('another citizen\'s draft is not there for others', async () => {
    const shen = await Person.signIn(city, 'shen');
    await shen.begin();
    for (const path of [`/drafts/${shen.draft}`, `/apply/${shen.draft}/shop`, `/apply/${shen.draft}/check`]) {
      assert.equal((await lu.get(path)).status, 404, path);
    }
    assert.equal((await lu.post(`/apply/${shen.draft}/shop`, { phone: '15400000000' })).status, 404);
    assert.equal((await lu.post(`/apply/${shen.draft}/submit`, { declare: 'yes' })).status, 404);
  });
  await test('a receipt is for those whom its act concerns', async () => {
    const shen = await Person.signIn(city, 'shen');
    const path = `/receipts/${told.receipt.leaf_index}.json`;
    assert.equal((await shen.get(path)).status, 200);
    assert.equal((await lu.get(path)).status, 403);
    assert.ok([401, 403].includes((await ask(city.portal.port, path)).status));
  });
}

async function materials(city, told) {
  const shen = await Person.signIn(city, 'shen');
  const ouyang = await Person.signIn(city, 'ouyang');
  const other = told.second.case_no;
  let mine;
  let url;
  await test('the officer of the case opens its file', async () => {
    await shen.fill();
    await shen.addPlan(picture(`roles-${process.pid}`), 'only-here.png');
    mine = await shen.must(shen.submit(), 201);
    const desk = await shen.must(ouyang.get(`/desk/${mine.case_no}-1`), 200);
    url = desk.evidence.find((file) => file.name === 'only-here.png').url;
    const got = await ouyang.get(url);
    assert.equal(got.status, 200);
    assert.ok(got.bytes.equals(picture(`roles-${process.pid}`)));
  });
  await test('by way of another case the same officer does not get that file', async () => {
    const got = await ouyang.get(url.replace(mine.case_no, other));
    assert.equal(got.status, 404, got.text.slice(0, 200));
  });
  await test('an officer of another department does not get it at all', async () => {
    const zhuge = await Person.signIn(city, 'zhuge');
    await isDenied(city, zhuge, url);
  });
}

async function sessions(city) {
  await test('after signing out the token is worth nothing', async () => {
    const lu = await Person.signIn(city, 'lu');
    await lu.must(lu.get('/cases'), 200);
    assert.equal((await lu.post('/sign-out', {})).status, 200);
    assert.equal((await lu.get('/cases')).status, 401);
  });
  await test('signing out everywhere ends the other sessions too', async () => {
    const [here, there] = [await Person.signIn(city, 'lu'), await Person.signIn(city, 'lu')];
    await here.post('/sign-out/everywhere', {});
    assert.equal((await there.get('/cases')).status, 401);
  });
}

export async function roles(city, told) {
  await everyRoute(city, told);
  await departments(city, told);
  await citizens(city, told);
  await materials(city, told);
  await sessions(city);
}
