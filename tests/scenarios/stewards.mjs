// The stewards' pages say what happened: each number is one that the scenario itself caused, at the node that asks and at the one that gives.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, root } from './lib/city.mjs';
import { ask } from './lib/http.mjs';
import { Person, fieldOf, item } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const basis = '国务院令第716号第七条';
const { grants: written } = JSON.parse(readFileSync(join(root, 'demo/grants.json'), 'utf8'));
const stewardsOf = { yunxi: 'wenren', yunlan: 'linghu', dengji: 'zhongli' };

// One question of an information system; nobody has this number, which is an answer too.
function question(wish = {}) {
  return {
    key: { kind: 'person', value: '990102199003079999' }, fields: ['name'],
    purpose: { case: 'stewards-1', item, basis, actor: 'system', ...wish },
  };
}

async function totalOf(steward, way, resource) {
  const { [way]: total } = await steward.must(steward.get('/exchange'), 200);
  const found = total.resources.find((each) => each.resource === resource);
  return found ?? { count: 0, answered: 0, refused: 0, failed: 0, silent: 0 };
}

// By how much each number of a resource has grown while `what` ran.
async function growth(steward, way, resource, what) {
  const before = await totalOf(steward, way, resource);
  await what();
  const after = await totalOf(steward, way, resource);
  return Object.fromEntries(['count', 'answered', 'refused', 'failed', 'silent'].map((name) => [name, after[name] - before[name]]));
}

async function latest(steward, query = '') {
  return (await steward.must(steward.get(`/exchange?${query}`), 200)).rows;
}

const usedToday = async (steward, id) => (await steward.must(steward.get('/grants'), 200)).grants.find((grant) => grant.id === id).used_today;

async function answers(city, who) {
  await test('what was asked and answered is counted where it was asked, where it was given, and in the grant', async () => {
    const used = await usedToday(who.yunlan, 'g-person');
    let given;
    const asked = await growth(who.yunxi, 'asked', 'yl/person', async () => {
      given = await growth(who.yunlan, 'gave', 'yl/person', async () => {
        for (let i = 0; i < 3; i += 1) await who.system.post('/gate/yl/person', question());
      });
    });
    const three = { count: 3, answered: 3, refused: 0, failed: 0, silent: 0 };
    assert.deepEqual(asked, three);
    assert.deepEqual(given, three);
    assert.equal(await usedToday(who.yunlan, 'g-person'), used + 3);
  });
  await test('the newest row says what, whom, what for and how it ended, and both nodes have its proof', async () => {
    const [mine] = await latest(who.yunxi);
    const [theirs] = await latest(who.yunlan);
    assert.equal(mine.resource, 'yl/person');
    assert.equal(mine.way, 'asked');
    assert.equal(mine.other_name, '云岚省');
    assert.equal(mine.case_no, 'stewards-1');
    assert.equal(mine.basis, basis);
    assert.equal(mine.outcome, 'record-missing');
    assert.equal(theirs.way, 'gave');
    assert.equal(theirs.other_name, '云溪市');
    assert.equal((await who.yunxi.must(who.yunxi.get(mine.proof_url), 200)).leaf_index, mine.index);
    assert.equal((await who.yunlan.must(who.yunlan.get(theirs.proof_url), 200)).leaf_index, theirs.index);
  });
}

async function refusals(city, who) {
  await test('a refusal is counted as one on both sides, with its reason in plain words', async () => {
    let given;
    const asked = await growth(who.yunxi, 'asked', 'yl/person', async () => {
      given = await growth(who.yunlan, 'gave', 'yl/person', async () => {
        const got = await who.system.post('/gate/yl/person', question({ item: '000999999999' }));
        assert.equal(got.status, 403, got.text.slice(0, 200));
      });
    });
    const one = { count: 1, answered: 0, refused: 1, failed: 0, silent: 0 };
    assert.deepEqual(asked, one);
    assert.deepEqual(given, one);
    for (const steward of [who.yunxi, who.yunlan]) {
      const [row] = await latest(steward, 'outcome=refused');
      assert.equal(row.outcome, 'purpose-not-covered');
      assert.match(row.why, /授权不包括这一用途/);
      assert.ok(row.is_refused);
    }
  });
}

async function silences(city, who) {
  await test('a source that is down is silence to the one that asks, and stands in no list of the source', async () => {
    const source = city.nodes.dengji;
    const asked = await growth(who.yunxi, 'asked', 'sj/company-licence', async () => {
      await end(source.pid, 'SIGTERM');
      source.pid = 0;
      const got = await who.system.post('/gate/sj/company-licence', { ...question(), key: { kind: 'company', value: '92990103MA00000B7N' } });
      assert.ok(got.status >= 500, got.text.slice(0, 200));
      await source.startAgain();
    });
    assert.deepEqual(asked, { count: 1, answered: 0, refused: 0, failed: 0, silent: 1 });
    const [row] = await latest(who.yunxi, 'outcome=silent&resource=sj/company-licence');
    assert.ok(row.is_nothing);
    assert.equal(row.other_name, '自然资源和市场监管');
  });
}

async function filters(city, who) {
  await test('the filters hold together, and paging goes on where it stopped', async () => {
    const rows = await latest(who.yunxi, 'resource=yl/person&outcome=answered&way=asked');
    assert.ok(rows.length >= 3);
    for (const row of rows) {
      assert.deepEqual([row.resource, row.way, row.is_answered], ['yl/person', 'asked', true]);
    }
    const further = await latest(who.yunxi, `resource=yl/person&outcome=answered&way=asked&before=${rows[1].index}`);
    assert.deepEqual(further.map((row) => row.index), [...rows.slice(2).map((row) => row.index), ...further.slice(rows.length - 2).map((row) => row.index)]);
    assert.equal(further[0].index, rows[2].index);
  });
}

async function privacy(city, who) {
  await test('no page of a steward holds a value of somebody, and looking at it is on record', async () => {
    for (const path of ['/exchange', '/grants']) {
      const before = await city.nodes.yunlan.acts();
      const got = await who.yunlan.get(path, { accept: 'text/html' });
      assert.equal(got.status, 200);
      assert.ok(!/沈知遥|9901021990030|15400000826/.test(got.text), path);
      assert.equal(await city.nodes.yunlan.acts(), before + (path === '/exchange' ? 1 : 0));
    }
  });
  await test('an officer and an operator get neither page: 403 and an act; a steward gets no officer\'s desk', async () => {
    for (const [login, paths] of [['ouyang', ['/exchange', '/grants']], ['yuwen', ['/exchange']], ['wenren', ['/desk']]]) {
      const person = await Person.signIn(city, login);
      for (const path of paths) {
        const before = await city.portal.acts();
        const got = await person.get(path);
        assert.equal(got.status, 403, `${login} ${path}`);
        assert.equal(await city.portal.acts(), before + 1);
        assert.equal((await ask(city.portal.port, '/log')).json.acts[0].kind, 'denied');
      }
    }
  });
}

// A licence without the code of its address is handed out, and the register that has to be put right is told how often.
async function standards(city, who) {
  const missing = async () => {
    const { deviations } = await who.dengji.must(who.dengji.get('/exchange'), 200);
    return deviations.find((each) => each.resource === 'sj/company-licence' && each.element === 'address_code')?.times ?? 0;
  };
  await test('a record that is not as its standard says is given, and counted at its register without any value', async () => {
    const lu = await Person.signIn(city, 'lu');
    await lu.begin();
    const shop = fieldOf(await lu.section('shop'), 'company_code').value;
    const before = await missing();
    const got = await who.system.post('/gate/sj/company-licence', { ...question(), key: { kind: 'company', value: shop }, fields: ['name'] });
    assert.equal(got.status, 200, got.text.slice(0, 200));
    assert.equal(await missing(), before + 1);
    const shown = await who.dengji.get('/exchange', { accept: 'text/html' });
    assert.match(shown.text, /地址编码[\s\S]*空缺/);
    const [row] = (await who.dengji.must(who.dengji.get('/exchange'), 200)).deviations.filter((each) => each.element === 'address_code');
    assert.equal(row.wrong, '空缺');
  });
  await test('a register whose records are as its standard says has nothing to mend', async () => {
    assert.deepEqual((await who.yunlan.must(who.yunlan.get('/exchange'), 200)).deviations, []);
  });
}

async function grants(city, who) {
  await test('the portal grants its own lists to itself alone, record by record; the others show fields, number, window and basis', async () => {
    const own = (await who.yunxi.must(who.yunxi.get('/grants'), 200)).grants;
    assert.deepEqual([...new Set(own.map((grant) => grant.consumer))], ['yunxi']);
    const list = own.find((grant) => grant.id === 'g-elder-list');
    assert.deepEqual(list.fields.map((field) => field.name), ['id_number', 'region', 'birth_date']);
    assert.deepEqual(list.rows, { rule: 'grant-rows', decision: '可见' });
    const { grants: given, served } = await who.dengji.must(who.dengji.get('/grants'), 200);
    const licence = given.find((grant) => grant.id === 'g-company-licence');
    assert.ok(licence.is_in_force);
    assert.equal(licence.basis, basis);
    assert.equal(licence.consumer_name, '云溪市');
    assert.deepEqual(licence.fields.map((field) => field.name), ['name', 'person_name', 'address_code']);
    const count = written.filter((each) => each.resource === 'sj/company-licence').length;
    assert.ok(served.some((each) => each.resource === 'sj/company-licence' && each.grant_count === count));
  });
  await test('what others give is known at the portal from what came of asking', async () => {
    const { received } = await who.yunxi.must(who.yunxi.get('/grants'), 200);
    assert.ok(received.some((each) => each.resource === 'yl/person' && each.answered >= 3));
  });
}

export async function stewards(city) {
  const who = { system: await Person.signIn(city, 'canyin-system') };
  for (const [node, login] of Object.entries(stewardsOf)) {
    who[node] = await Person.signIn(city, login, city.nodes[node]);
  }
  await answers(city, who);
  await refusals(city, who);
  await silences(city, who);
  await filters(city, who);
  await standards(city, who);
  await grants(city, who);
  await privacy(city, who);
}
