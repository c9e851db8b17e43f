// Rules of law: everybody reads them; an official changes a threshold, sees what that does, and a second person makes it law.
import { strict as assert } from 'node:assert';
import { readFileSync, writeFileSync } from 'node:fs';
import { ask } from './lib/http.mjs';
import { newKey, Person } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const html = 'text/html';
const rule = '/rules/deadlines';
const restaurant = { 事项: '000131002003', 统一办理: false, 受理日: '2026-03-02', 打算开业日: null };
const dayFrom = (days) => new Date(Date.now() + 8 * 3600000 + days * 86400000).toISOString().slice(0, 10);

async function isRefused(promise, status, type) {
  const got = await promise;
  assert.equal(got.status, status, got.text.slice(0, 300));
  assert.equal(got.json.type, `/problems/${type}`);
}

// The promise for a restaurant's licence: the cell that these scenarios change.
const promised = (xml, days) => xml.replace(/(<outputEntry id="promised-r1-o1">\s*<text>)\d+(<\/text>)/, `$1${days}$2`);

async function save(who, days) {
  const { xml, revision, base } = await who.must(who.get(`${rule}/edit`), 200);
  return who.must(who.post(`${rule}/edit`, { xml: promised(xml, days), revision, base }), 200);
}

async function propose(who, days, holdsFrom) {
  const { revision } = await save(who, days);
  const wish = { basis: '云溪市承诺（示例，虚构）', reason: `承诺改为 ${days} 个工作日`, holds_from: holdsFrom, revision };
  return (await who.must(who.post(`${rule}/propose`, wish, { key: newKey() }), 200)).number;
}

async function settle(who, number, verdict, more = {}) {
  const seen = await who.get(`${rule}/versions/${number}`);
  return who.post(`${rule}/versions/${number}/verdict`, { verdict, sha256: seen.json?.version?.sha256, ...more });
}

async function publish(author, second, days, holdsFrom) {
  const number = await propose(author, days, holdsFrom);
  await second.must(settle(second, number, 'publish'), 200);
  return number;
}

// What the version in force promises for a restaurant.
async function promise(who) {
  const asked = await who.must(who.post('/api/rules/dmn', { key: 'deadlines', decision: '期限', input: restaurant }), 200);
  return asked.value['承诺天数'];
}

async function everybody(city) {
  const { port } = city.portal;
  await test('anyone reads which rules decide, with their basis and cell by cell', async () => {
    const { json } = await ask(port, '/rules');
    assert.ok(json.count >= 18);
    const one = (await ask(port, rule)).json;
    assert.equal(one.in_force.number, 1);
    assert.ok(one.in_force.basis.length > 0);
    const table = one.decisions.find((decision) => decision.id === 'promised').table;
    assert.equal(table.rules[0].cells.at(-1).text, '5');
    assert.equal(one.edit_url, undefined);
  });
  await test('as a page the table needs no script, and the file is there for other programs', async () => {
    const page = await ask(port, rule, { accept: html });
    assert.equal(page.status, 200);
    assert.match(page.text, /<th scope="row">/);
    assert.doesNotMatch(page.text, /<script/);
    assert.doesNotMatch(page.headers['content-security-policy'], /script-src/);
    const file = await ask(port, `${rule}/versions/1/file`);
    assert.match(file.headers['content-type'], /xml/);
    assert.match(file.text, /<definitions /);
  });
  await test('what is not there is said to be so', async () => {
    for (const path of ['/rules/none', `${rule}/versions/99`, `${rule}/versions/x`, `${rule}/versions/0/file`]) {
      await isRefused(ask(port, path), 404, 'no-such-rule');
    }
  });
}

async function doors(city, gongsun) {
  await test('officers who lay down rules calculate expressions, decisions, checks, cases and schemas', async () => {
    const post = (door, body) => gongsun.must(gongsun.post(`/api/rules/${door}`, body), 200);
    assert.equal((await post('eval', { feel: '月 收入 * 12', context: { '月 收入': 0.1 } })).value, 1.2);
    assert.ok((await post('eval', { feel: '1 +' })).fault.zh.length > 0);
    const asked = await post('dmn', { key: 'deadlines', decision: '期限', input: restaurant, explain: true });
    assert.equal(asked.value['承诺天数'], 5);
    assert.match(asked.reasons.zh, /000131002003/);
    assert.equal((await post('check', { key: 'deadlines' })).errors, 0);
    assert.equal((await post('check', { model: '<x/>' })).readable, false);
    const tried = await post('test', { key: 'deadlines' });
    assert.ok(tried.count > 0 && tried.failed === 0);
    assert.equal((await post('schema', { schema: { required: ['a'] }, document: {} })).errors[0].keyword, 'required');
  });
  await test('what would take too long or is too large is refused', async () => {
    const endless = 'count(for a in 1..1000, b in 1..1000, c in 1..1000 return a)';
    assert.equal((await gongsun.post('/api/rules/eval', { feel: endless })).status, 413);
    assert.equal((await gongsun.post('/api/rules/eval', { feel: `"${'x'.repeat(300000)}"` })).status, 413);
    assert.equal((await gongsun.post('/api/rules/eval', {})).status, 400);
    await isRefused(gongsun.post('/api/rules/dmn', { key: 'none' }), 404, 'no-rule-in-force');
    await isRefused(gongsun.post('/api/rules/dmn', { key: 'deadlines', decision: '没有' }), 404, 'no-such-decision');
  });
  await test('an officer without such a power, a citizen and nobody are refused at each door', async () => {
    const ouyang = await Person.signIn(city, 'ouyang');
    const shen = await Person.signIn(city, 'shen');
    for (const door of ['eval', 'dmn', 'check', 'test', 'schema']) {
      await isRefused(ouyang.post(`/api/rules/${door}`, { feel: '1' }), 403, 'power-missing');
      await isRefused(shen.post(`/api/rules/${door}`, { feel: '1' }), 403, 'other-role');
      await isRefused(ask(city.portal.port, `/api/rules/${door}`, { json: { feel: '1' } }), 401, 'sign-in');
    }
  });
}

// A model of so many rows: an income to the number of its thousand.
const rows = (count, tail = '') => `<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="行" namespace="urn:rows"><inputData id="i" name="收入"><variable name="收入" typeRef="number"/></inputData><decision id="a" name="档"><variable name="档" typeRef="number"/><informationRequirement id="n"><requiredInput href="#i"/></informationRequirement><decisionTable id="t" hitPolicy="UNIQUE"><input id="c" label="收入"><inputExpression typeRef="number"><text>收入</text></inputExpression></input><output id="o" name="档" typeRef="number"/>${Array.from({ length: count }, (_, i) => `<rule id="r${i}"><inputEntry id="e${i}"><text>[${i * 1000}..${(i + 1) * 1000})</text></inputEntry><outputEntry id="p${i}"><text>${i}${tail}</text></outputEntry></rule>`).join('')}</decisionTable></decision></definitions>`;

const peakOf = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

// Each of the thirty asks another question, so that none can be answered with another's answer.
const crowds = {
  dmn: { wish: (i) => ({ model: rows(4800), decision: '档', input: { 收入: i * 1000 + 7 } }), answer: (json) => json.value },
  check: { wish: (i) => ({ model: rows(2500 - i, '+0'), base: rows(2500 - i) }), answer: (json) => 2500 - json.changes },
};

async function crowd(city, gongsun) {
  for (const [door, { wish, answer }] of Object.entries(crowds)) {
    await test(`thirty officers at once with 700 kB each for ${door}: right answers or "come again", in bounded memory`, async () => {
      const { worker } = city.portal.processes();
      const bodies = Array.from({ length: 30 }, (_, i) => wish(i));
      const bytes = Buffer.byteLength(JSON.stringify(bodies[29]));
      assert.ok(bytes > 650000 && bytes < 800000, `${bytes}`);
      writeFileSync(`/proc/${worker}/clear_refs`, '5'); // its highest mark begins anew
      const got = await Promise.all(bodies.map((body) => gongsun.post(`/api/rules/${door}`, body)));
      const [right, later] = [200, 429].map((status) => got.filter((each) => each.status === status));
      console.log(`    ${right.length} answered, ${later.length} to come again, at most ${peakOf(worker).toFixed(0)} MB`);
      assert.equal(right.length + later.length, 30, got.map((each) => each.status).join(' '));
      assert.ok(right.length >= 2);
      got.forEach((each, i) => each.status === 200 && assert.equal(answer(each.json), i));
      for (const { headers, json } of later) {
        assert.ok(Number(headers['retry-after']) > 0);
        assert.equal(json.type, '/problems/rules-busy');
      }
      assert.ok(peakOf(worker) < 160, `${peakOf(worker)} MB`);
      assert.equal(answer(await gongsun.must(gongsun.post(`/api/rules/${door}`, bodies[17]), 200)), 17);
    });
  }
}

async function large(city, gongsun) {
  const edit = '/rules/elder-allowance/edit';
  const check = (body) => gongsun.must(gongsun.post('/api/rules/check', body), 200);
  const table = (got) => (got.model?.decisions ?? got.decisions)[0].table;
  await test('a table of six thousand rows is looked through whole, and shown as far as an answer goes', async () => {
    const got = await check({ model: rows(6000) });
    assert.deepEqual([got.readable, got.errors], [true, 0]);
    assert.equal(table(got).rule_count, 6000);
    assert.equal(table(got).rules.length + table(got).left_out, 6000);
    assert.ok(table(got).rules.length > 1000);
  });
  await test('of two models of 1,500 rows the rows that differ are there', async () => {
    const got = await check({ model: rows(1500).replace('<text>1234</text>', '<text>7</text>'), base: rows(1500) });
    assert.equal(got.changes, 1);
    const changed = table(got).rules.filter((rule) => rule.cells.some((cell) => cell.is_changed));
    assert.deepEqual(changed.map(({ number, cells }) => [number, cells[1].was, cells[1].text]), [[1235, '1234', '7']]);
  });
  await test('of two models of which everything differs as many as an answer holds', async () => {
    const got = await check({ model: rows(3000, '+1'), base: rows(3000) });
    assert.equal(got.changes, 3000);
    assert.equal(table(got).rules.length + table(got).left_out, 3000);
  });
  await test('a table with a mistake in each row says the first of them, and how many there are', async () => {
    const wrong = await check({ model: rows(3000).replace(/<text>\[(\d+)\.\.\d+\)/g, '<text>[$1..10000000)') });
    assert.ok(wrong.errors > 0 && wrong.findings.length > 0);
  });
  await test('a draft of 6,500 rows can be saved, opened as a page, tried, and given up', async () => {
    const { revision, base } = await gongsun.must(gongsun.get(edit), 200);
    await gongsun.must(gongsun.post(edit, { xml: rows(6500), revision, base }), 200);
    const page = await gongsun.get(edit, { accept: html });
    assert.equal(page.status, 200, page.text.slice(0, 300));
    assert.match(page.text, /没有在这里列出/);
    assert.match(page.text, /action="\/rules\/elder-allowance\/edit\/drop"/);
    await gongsun.must(gongsun.post(`${edit}/drop`, {}), 200);
  });
  await test('an answer that is the asker\'s own size is refused with words, never a fault of ours', async () => {
    const long = `[${Array(100000).fill(1).join(',')}]`;
    for (const [door, body] of [['eval', { feel: 'for i in 1..300000 return i' }], ['eval', { feel: 'a', context: { a: JSON.parse(long) } }],
      ['schema', { schema: { items: { type: 'string' } }, document: JSON.parse(long) }],
      ['dmn', { model: rows(10).replace(/<text>\d+<\/text>/g, `<text>for i in 1..300000 return i</text>`), input: { 收入: 5 } }]]) {
      const got = await gongsun.post(`/api/rules/${door}`, body);
      assert.ok(got.status === 200 || got.status === 413, `${door}: ${got.status} ${got.text.slice(0, 200)}`);
      if (got.status === 413) assert.ok(got.json.title.length > 0 && got.json.kept.length > 0 && got.json.advice[0].length > 0);
    }
  });
}

// A draft of one rule that imports another one of the node.
const importing = (xml) => xml
  .replace(/(<definitions [^>]*>)/, '$1<import name="费" namespace="https://zhengtong.example/rules/late-fee" locationURI="late-fee.dmn" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>');

async function imports(city, gongsun, baili) {
  const edit = '/rules/elder-allowance/edit';
  await test('a draft may import another rule of the node, and is checked, tried and proposed with the version that holds', async () => {
    const { xml, revision, base } = await gongsun.must(gongsun.get(edit), 200);
    const saved = await gongsun.must(gongsun.post(edit, { xml: importing(xml), revision, base }), 200);
    assert.equal(saved.is_readable, true, JSON.stringify(saved.fault));
    assert.deepEqual(saved.imports.map(({ key, version, is_outdated: old }) => [key, version, old]), [['late-fee', 1, false]]);
    assert.ok(saved.tests.count > 0 && saved.tests.failed === 0);
    const wish = { basis: '办法第一条', reason: '引用', holds_from: dayFrom(3), revision: saved.revision };
    const { number } = await gongsun.must(gongsun.post('/rules/elder-allowance/propose', wish, { key: newKey() }), 200);
    const waits = await baili.must(baili.get(`/rules/elder-allowance/versions/${number}`), 200);
    assert.deepEqual(waits.imports.map(({ key, version }) => [key, version]), [['late-fee', 1]]);
    assert.match((await baili.get(`/rules/elder-allowance/versions/${number}`, { accept: html })).text, /href="\/rules\/late-fee\/versions\/1"/);
    await gongsun.must(gongsun.post(`/rules/elder-allowance/versions/${number}/verdict`, { verdict: 'withdraw', sha256: waits.version.sha256 }), 200);
  });
  await test('what nobody has, and what imports itself, is said at its place', async () => {
    const { xml, revision, base } = await gongsun.must(gongsun.get(edit), 200);
    const nobody = importing(xml).replaceAll('rules/late-fee"', 'rules/nobody"');
    const found = await gongsun.must(gongsun.post(edit, { xml: nobody, revision, base }), 200);
    assert.match(found.fault.text, /找不到导入的模型/);
    const circle = await gongsun.must(gongsun.post('/api/rules/check', { model: importing(xml).replaceAll('late-fee', 'elder-allowance') }), 200);
    assert.match(circle.fault.zh, /循环/);
    await gongsun.must(gongsun.post(`${edit}/drop`, {}), 200);
  });
}

async function drafts(city, gongsun, baili) {
  await test('a changed threshold shows which stored cases answer otherwise, and marks the cell', async () => {
    const before = await gongsun.must(gongsun.get(`${rule}/edit`), 200);
    assert.equal(before.tests.failed, 0);
    assert.equal(before.changes, 0);
    const after = await save(gongsun, 4);
    assert.equal(after.changes, 1);
    assert.ok(after.tests.failed > 0);
    assert.match(after.tests.rows[0].expected, /承诺天数: 5/);
    assert.match(after.tests.rows[0].got, /承诺天数: 4/);
    const cell = after.decisions.find((decision) => decision.id === 'promised').table.rules[0].cells.at(-1);
    assert.deepEqual([cell.was, cell.text], ['5', '4']);
  });
  await test('what is wrong with a table is named, and a table with errors is not proposed', async () => {
    const { xml, revision, base } = await gongsun.must(gongsun.get(`${rule}/edit`), 200);
    const overlap = xml.replace(/(<inputEntry id="promised-r1-i2">\s*<text>)false/, '$1-');
    const found = await gongsun.must(gongsun.post(`${rule}/edit`, { xml: overlap, revision, base }), 200);
    assert.ok(found.errors_found > 0);
    assert.deepEqual(found.findings[0].rules, [1, 2]);
    const wish = { basis: 'b', reason: 'r', holds_from: dayFrom(1) };
    await isRefused(gongsun.post(`${rule}/propose`, wish), 400, 'rule-unfit');
    const broken = await gongsun.must(gongsun.post(`${rule}/edit`, { xml: '<definitions', revision: found.revision, base }), 200);
    assert.ok(broken.fault.text.length > 0);
    await isRefused(gongsun.post(`${rule}/propose`, wish), 400, 'rule-unfit');
    await gongsun.must(gongsun.post(`${rule}/edit`, { xml: promised(xml, 4), revision: broken.revision, base }), 200);
  });
  await test('an older tab does not overwrite the draft, and everybody has a draft of their own', async () => {
    const mine = await gongsun.must(gongsun.get(`${rule}/edit`), 200);
    await isRefused(gongsun.post(`${rule}/edit`, { xml: '<x/>', revision: mine.revision - 1, base: mine.base }), 409, 'other-tab');
    const theirs = await baili.must(baili.get(`${rule}/edit`), 200);
    assert.equal(theirs.revision, 0);
    await isRefused(baili.post(`${rule}/propose`, { basis: 'b', reason: 'r', holds_from: dayFrom(1) }), 409, 'no-draft');
  });
  await test('a file is taken as well as a text', async () => {
    const { xml, revision, base } = await gongsun.must(gongsun.get(`${rule}/edit`), 200);
    const saved = await gongsun.must(gongsun.upload(`${rule}/edit`, [
      { name: 'revision', text: String(revision) }, { name: 'base', text: String(base) }, { name: 'xml', text: '<old/>' },
      { name: 'file', file: 'deadlines.dmn', bytes: Buffer.from(xml) },
    ]), 200);
    assert.equal(saved.is_readable, true);
    assert.equal((await gongsun.get(`${rule}/edit/file`)).text, xml);
  });
  await test('nobody else opens, changes or proposes it', async () => {
    const [ouyang, yuchi, shen] = await Promise.all(['ouyang', 'yuchi', 'shen'].map((login) => Person.signIn(city, login)));
    for (const path of [`${rule}/edit`, `${rule}/cases`, `${rule}/propose`, `${rule}/edit/file`, `${rule}/cases/file`]) {
      await isRefused(yuchi.get(path), 403, 'rule-of-others');
      await isRefused(ouyang.get(path), 403, 'rule-of-others');
      await isRefused(shen.get(path), 403, 'other-role');
    }
    await isRefused(ouyang.get('/rules/food-risk/edit'), 403, 'power-missing');
    await isRefused(yuchi.post(`${rule}/edit`, { xml: '<x/>', revision: 0, base: 1 }), 403, 'rule-of-others');
    await isRefused(yuchi.post(`${rule}/cases`, { cases: '<x/>', number: 1 }), 403, 'rule-of-others');
  });
  await test('a form of a browser needs the token of its session', async () => {
    const cookie = `zt=${gongsun.token}`;
    const { revision, base } = await gongsun.must(gongsun.get(`${rule}/edit`), 200);
    const form = { xml: '<x/>', revision, base };
    await isRefused(ask(city.portal.port, `${rule}/edit`, { cookie, form }), 403, 'form-too-old');
    const parts = Object.entries(form).map(([name, text]) => ({ name, text: String(text) }));
    await isRefused(ask(city.portal.port, `${rule}/edit`, { cookie, parts }), 403, 'form-too-old');
    assert.equal((await gongsun.must(gongsun.get(`${rule}/edit`), 200)).revision, revision);
  });
}

async function cases(gongsun) {
  await test('stored cases are changed as a whole, and each set is kept', async () => {
    const { cases: document, cases_number: number } = await gongsun.must(gongsun.get(`${rule}/cases`), 200);
    await gongsun.must(gongsun.post(`${rule}/cases`, { cases: document, number }), 200);
    assert.equal((await gongsun.must(gongsun.get(`${rule}/cases`), 200)).cases_number, number + 1);
    await isRefused(gongsun.post(`${rule}/cases`, { cases: document, number }), 409, 'other-tab');
    const refused = await gongsun.post(`${rule}/cases`, { cases: '<cases/>', number: number + 1 });
    assert.equal(refused.status, 422);
    assert.ok(refused.json.errors.list[0].message.length > 0);
    assert.equal((await gongsun.get(`${rule}/cases/file`)).text, document);
  });
}

async function secondPerson(city, gongsun, baili) {
  let number;
  await test('a proposal says its basis, its reason and a day that is not over', async () => {
    const wish = { basis: '依据', reason: '理由', holds_from: dayFrom(0) };
    await isRefused(gongsun.post(`${rule}/propose`, { ...wish, basis: '' }), 400, 'basis-missing');
    await isRefused(gongsun.post(`${rule}/propose`, { ...wish, reason: ' ' }), 400, 'reason-missing');
    for (const day of [dayFrom(-1), '2126-01-01', '2026-02-30', '', 'soon']) {
      await isRefused(gongsun.post(`${rule}/propose`, { ...wish, holds_from: day }), 400, 'day-wrong');
    }
    const page = await gongsun.post(`${rule}/propose`, { ...wish, basis: '' }, { accept: html });
    assert.equal(page.status, 422);
    assert.match(page.text, /href="#basis"/);
    number = await propose(gongsun, 4, dayFrom(0));
  });
  await test('a proposal decides nothing, and the public does not see it', async () => {
    assert.equal(await promise(gongsun), 5);
    await isRefused(ask(city.portal.port, `${rule}/versions/${number}`), 404, 'no-such-rule');
    assert.ok((await ask(city.portal.port, rule)).json.versions.every((version) => version.number !== number));
    await isRefused(baili.post('/api/rules/dmn', { key: 'deadlines', version: number }), 404, 'no-such-rule');
  });
  await test('whoever proposed it cannot consent, nor can another organisation, nor an officer without the power', async () => {
    await isRefused(settle(gongsun, number, 'publish'), 403, 'same-person');
    await isRefused(settle(gongsun, number, 'reject', { reason: 'r' }), 403, 'same-person');
    for (const [login, problem] of [['yuchi', 'rule-of-others'], ['ouyang', 'rule-of-others'], ['wenren', 'other-role'], ['shen', 'other-role']]) {
      await isRefused(settle(await Person.signIn(city, login), number, 'publish'), 403, problem);
    }
    await isRefused(settle(baili, number, 'withdraw'), 403, 'other-person');
    await isRefused(settle(baili, number, 'publish', { sha256: '0'.repeat(64) }), 409, 'rule-settled');
    await isRefused(settle(baili, number, 'perhaps'), 400, 'verdict-missing');
    assert.equal(await promise(gongsun), 5);
  });
  await test('while one waits no other is proposed; it is sent back with a reason', async () => {
    await save(baili, 3);
    await isRefused(baili.post(`${rule}/propose`, { basis: 'b', reason: 'r', holds_from: dayFrom(1) }), 409, 'rule-waits');
    await isRefused(settle(baili, number, 'reject', { reason: '' }), 400, 'reason-missing');
    await baili.must(settle(baili, number, 'reject', { reason: '依据写得不够' }), 200);
    const told = await gongsun.must(gongsun.get(`${rule}/versions/${number}`), 200);
    assert.equal(told.version.state, 'rejected');
    assert.equal(told.version.settled_reason, '依据写得不够');
    await isRefused(settle(baili, number, 'publish'), 409, 'rule-settled');
  });
}

async function law(city, gongsun, baili) {
  const first = (await ask(city.portal.port, `${rule}/versions/1/file`)).text;
  let number;
  await test('with a colleague\'s consent the new version decides from its day, and both persons and the basis are public', async () => {
    number = await publish(gongsun, baili, 4, dayFrom(0));
    assert.equal(await promise(gongsun), 4);
    const seen = (await ask(city.portal.port, `${rule}/versions/${number}`)).json.version;
    assert.equal(seen.state, 'published');
    assert.deepEqual([seen.author_name, seen.settled_name], ['公孙循章', '百里知衡']);
    assert.equal(seen.holds_from, dayFrom(0));
    assert.equal((await ask(city.portal.port, rule)).json.in_force.number, number);
  });
  await test('proposal and consent are acts in the public log', async () => {
    const { version } = (await ask(city.portal.port, `${rule}/versions/${number}`)).json;
    for (const index of [version.act, version.settled_act]) {
      assert.equal((await gongsun.get(`/receipts/${index}`)).status, 200);
    }
  });
  await test('a change that was begun before is no longer proposed as it is', async () => {
    const stale = await baili.must(baili.get(`${rule}/edit`), 200);
    assert.equal(stale.has_moved_on, true);
    await isRefused(baili.post(`${rule}/propose`, { basis: 'b', reason: 'r', holds_from: dayFrom(1) }), 409, 'rule-moved-on');
    await baili.must(baili.post(`${rule}/edit`, { revision: stale.revision, base: stale.last }), 200);
    assert.equal((await baili.must(baili.get(`${rule}/edit`), 200)).has_moved_on, false);
    await baili.must(baili.post(`${rule}/edit/drop`, {}), 200);
  });
  await test('a version of a later day is published and does not decide yet', async () => {
    const later = await publish(baili, gongsun, 2, dayFrom(30));
    assert.equal(await promise(gongsun), 4);
    const seen = (await ask(city.portal.port, rule)).json;
    assert.equal(seen.in_force.number, number);
    assert.deepEqual(seen.coming.map((version) => version.number), [later]);
  });
  await test('the first version stays as it was, byte for byte', async () => {
    assert.equal((await ask(city.portal.port, `${rule}/versions/1/file`)).text, first);
  });
}

// Cases that were decided by this rule: a restaurant's first part is accepted, which asks for its days.
async function decideOne(city) {
  const fang = await Person.signIn(city, 'fang');
  const ouyang = await Person.signIn(city, 'ouyang');
  await ouyang.must(ouyang.post(`/desk/${await fang.open()}-1/accept`, {}), 200);
}

async function comparison(city, gongsun) {
  await test('the comparison says how many of the last month\'s cases would change, and that somebody looked is an act', async () => {
    const before = (await save(gongsun, 4)).compared;
    await decideOne(city);
    const { compared } = await gongsun.must(gongsun.get(`${rule}/edit`), 200);
    assert.equal(compared.count, before.count + 1);
    assert.equal(compared.changed, before.changed + 1);
    assert.ok(compared.changed < compared.count, 'parts of other services keep their days');
    const change = compared.rows[0].changes.find((entry) => entry.name === '承诺天数');
    assert.deepEqual([change.old, change.new], ['5', '4']);
    const same = (await save(gongsun, 5)).compared;
    assert.equal(same.changed, 0);
    assert.equal(same.count, compared.count);
    const { acts } = await gongsun.must(gongsun.get(`${rule}/edit`), 200);
    assert.deepEqual(acts.map((act) => act.kind), ['view']);
    await gongsun.must(gongsun.post(`${rule}/edit/drop`, {}), 200);
  });
}

export async function rules(city) {
  const gongsun = await Person.signIn(city, 'gongsun');
  const baili = await Person.signIn(city, 'baili');
  await everybody(city);
  await doors(city, gongsun);
  await crowd(city, gongsun);
  await large(city, gongsun);
  await imports(city, gongsun, baili);
  await comparison(city, gongsun);
  await drafts(city, gongsun, baili);
  await cases(gongsun);
  await secondPerson(city, gongsun, baili);
  await law(city, gongsun, baili);
}
