// A procedure changes while cases are under way: one officer publishes a new version and plans the move, another consents, cases move with their clocks, one goes back.
import { strict as assert } from 'node:assert';
import { newKey, Person } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const item = '000110001001'; // the hotline
const key = 'hotline';
const plans = `/api/processes/${key}/migrations`;
const today = () => new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);

async function openCase(person, subject) {
  const { draft } = await person.must(person.get(`/items/${item}/apply`), 200);
  const { revision, section } = await person.must(person.get(`/apply/${draft}/what`), 200);
  const values = { phone: '154 0000 0826', subject, text: subject, revision };
  for (const { id, choices, is_optional: isOptional } of section.fields) if (choices && !isOptional) values[id] = choices[0].value;
  await person.must(person.post(`/apply/${draft}/what`, values), 200);
  return (await person.must(person.post(`/apply/${draft}/submit`, { declare: 'yes' }, { key: newKey() }), 201)).case_no;
}

// Sorting a request gets a time limit of its own, from when it comes in.
const withClock = (xml) => xml
  .replace(/(<gov:clock id="back" [^>]*>)/, '$1<gov:clock id="sorting" rule="hotline.return" kind="statutory"/>')
  .replace(/(<userTask id="sort"[^>]*>\s*<extensionElements>)/, `$1${['enter" clock="sorting" do="start', 'leave" clock="sorting" do="stop', 'cancel" clock="sorting" do="stop'].map((on) => `<gov:on at="${on}"/>`).join('')}`);

async function publish(author, second, change) {
  const { in_force: held } = await author.must(author.get(`/processes/${key}`), 200);
  const xml = change((await author.get(`/processes/${key}/versions/${held.number}/file`)).text);
  const { revision } = await author.must(author.get(`/processes/${key}/edit`), 200);
  await author.must(author.post(`/processes/${key}/edit`, { xml, revision, base: held.number }), 200);
  const wish = { basis: '云溪市规定（示例，虚构）', reason: '归类也要有期限', holds_from: today(), revision: revision + 1 };
  const { number } = await author.must(author.post(`/processes/${key}/propose`, wish, { key: newKey() }), 200);
  const { version } = await second.must(second.get(`/processes/${key}/versions/${number}`), 200);
  await second.must(second.post(`/processes/${key}/versions/${number}/verdict`, { verdict: 'publish', sha256: version.sha256 }, { key: newKey() }), 200);
  return { was: held.number, is: number };
}

const versionOf = async (person, caseNo) => (await person.must(person.get(`/cases/${caseNo}/path`), 200)).version;
const sortings = async (person, caseNo) => (await person.must(person.get(`/cases/${caseNo}`), 200)).timeline.filter((entry) => entry.kind === 'migrate');

export async function moves(city) {
  const citizen = await Person.signIn(city, 'shen');
  const author = await Person.signIn(city, 'gongsun');
  const second = await Person.signIn(city, 'baili');
  const cases = [];
  for (const subject of ['路灯不亮', '井盖松动', '树枝挡路']) cases.push(await openCase(citizen, subject));
  const { was, is } = await publish(author, second, withClock);
  const plan = { source: { key, version: was }, target: is, basis: '云溪市规定第三条（示例，虚构）', starts: { sorting: 'begin' } };
  let number = 0;

  await test('cases stay on their version until somebody moves them, and a plan that forgets a clock is refused', async () => {
    for (const caseNo of cases) assert.equal(await versionOf(citizen, caseNo), was);
    const { starts, ...forgets } = plan;
    const got = await author.post(`${plans}/try`, { plan: forgets });
    assert.equal(got.status, 422, JSON.stringify(starts));
    assert.match(got.json.errors.list[0].message, /sorting/);
    assert.equal((await citizen.post(`${plans}/try`, { plan })).json.type, '/problems/other-role');
  });
  await test('a trial says how many can move, and needs no more pages than there are cases', async () => {
    const report = await author.must(author.post(`${plans}/try`, { plan }), 200);
    assert.ok(report.can >= cases.length && report.more === false && report.after === 0, JSON.stringify(report).slice(0, 300));
    assert.deepEqual(report.map.clocks.started, ['sorting']);
  });
  await test('who proposes does not decide, and nothing moves before', async () => {
    number = (await author.must(author.post(plans, { plan, reason: '归类也要有期限' }), 200)).number;
    const { sha256 } = await author.must(author.get(`${plans}/${number}`), 200);
    assert.equal((await author.post(`${plans}/${number}/verdict`, { verdict: 'consent', sha256 }, { key: newKey() })).json.type, '/problems/same-person');
    assert.equal((await author.post(`${plans}/${number}/run`, {}, { key: newKey() })).json.type, '/problems/not-consented');
    await second.must(second.post(`${plans}/${number}/verdict`, { verdict: 'consent', sha256 }, { key: newKey() }), 200);
  });
  await test('cases move one by one, each with an act, and their new clock counts from when they began', async () => {
    const before = await city.portal.acts();
    let moved = 0;
    for (let got = { more: true, after: 0 }; got.more;) {
      got = await author.must(author.post(`${plans}/${number}/run`, { after: got.after }, { key: newKey() }), 200);
      moved += got.moved;
    }
    assert.ok(moved >= cases.length);
    assert.ok(await city.portal.acts() >= before + moved);
    for (const caseNo of cases) {
      assert.equal(await versionOf(citizen, caseNo), is);
      const [entry] = await sortings(citizen, caseNo);
      assert.match(entry.note, /依据：云溪市规定第三条.*新的期限自 .* 起算/);
    }
  });
  await test('one goes back to what it was, and its new clock is stopped; the others stay', async () => {
    const { cases: rows } = await author.must(author.get(`${plans}/${number}/cases`), 200);
    const { instance } = rows.find((row) => row.case_no === cases[1]);
    assert.equal((await author.must(author.post(`${plans}/${number}/back`, { instance }, { key: newKey() }), 200)).back, 1);
    assert.equal(await versionOf(citizen, cases[1]), was);
    assert.equal(await versionOf(citizen, cases[0]), is);
    assert.match((await sortings(citizen, cases[1]))[0].note, /另一版的期限不再计算/);
  });
  await test('a case that was moved goes on, and does not go back any more', async () => {
    await author.must(author.post(`/desk/${cases[0]}-0/decide`, { result: 'answer', reason: '已派人修复' }, { key: newKey() }), 200);
    const { cases: rows } = await author.must(author.get(`${plans}/${number}/cases`), 200);
    const got = await author.must(author.post(`${plans}/${number}/back`, { instance: rows.find((row) => row.case_no === cases[0]).instance }, { key: newKey() }), 200);
    assert.deepEqual([got.back, got.refused, got.cases[0].reasons[0].reason], [0, 1, 'case-went-on']);
    assert.equal(await versionOf(citizen, cases[0]), is);
  });
}
