// Three ways of 跨省通办 between 云岚省 and 海川省 on the real program: received here and decided there (异地代收代办), wholly online (全程网办), done jointly (多地联办).  The
// other province is away for a while, and killed in the middle; nothing is lost, and nothing is there twice.
import { strict as assert } from 'node:assert';
import { City, removeFolder, tellStory, until } from './lib/city.mjs';
import { apply, items as known } from './lib/form.mjs';
import { Person, newKey, picture } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const folder = 'build/scenarios/handover';
const html = 'text/html';
const tries = 900; // of 50 ms: who is away is asked again after ten seconds, then thirty

const handoversOf = async (person, caseNo) => (await person.must(person.get(`/api/cases/${caseNo}/handovers`), 200)).handovers;
const first = async (person, caseNo) => (await handoversOf(person, caseNo))[0];
const comes = (person, caseNo, state) => until(async () => {
  const found = await first(person, caseNo);
  return found?.state === state && found.waiting === 0 ? found : undefined;
}, `the hand-over of ${caseNo} is ${state}`, tries);

async function taskOf(officer, caseNo) {
  return until(async () => (await officer.get('/desk?view=open')).json.rows.find((row) => row.case_no === caseNo), `${officer.login} has a task of ${caseNo}`, tries);
}

async function decide(officer, row, result, reason = '') {
  const desk = await officer.must(officer.get(row.url), 200);
  const power = desk.decide?.powers?.[0]?.value;
  return officer.must(officer.post(`/desk/${row.id}/decide`, { task: row.task, result, reason, power }, { key: newKey() }), 200);
}

async function kill(node) {
  await node.stop('SIGKILL');
}

// What both nodes say of one hand-over is the same.
function agree(here, there) {
  for (const member of ['id', 'milestones', 'clocks', 'sender_clocks', 'times', 'result', 'mode', 'basis', 'whose', 'whose_since']) {
    assert.deepEqual(there[member], here[member], member);
  }
  assert.deepEqual([there.case_no, there.peer_case], [here.peer_case, here.case_no]);
}

async function counter(city, haichuan) {
  const gu = await Person.signIn(city, 'gu');
  const helian = await Person.signIn(city, 'helian');
  let gongyang = await Person.signIn(city, 'gongyang', haichuan);
  let caseNo;
  let taken;
  let row;
  await test('the other province is away when the street hands the case over: it waits, and says since when', async () => {
    const says = { home_node: 'haichuan', which: ['living'], certificate_no: '98010219800101001542', certificate: [{ name: 'certificate', file: 'card.png', bytes: picture('残疾人证') }] };
    caseNo = (await apply(gu, '000508004001', says, newKey())).case_no;
    await haichuan.stop();
    await decide(helian, await taskOf(helian, caseNo), 'accept');
    const waits = await until(async () => {
      const found = await first(gu, caseNo);
      return found?.away_since ? found : undefined;
    }, 'the hand-over waits', tries);
    assert.deepEqual([waits.whose, waits.peer], ['yunxi', 'haichuan']);
  });
  await test('the applicant sees on a page who has it, and need do nothing', async () => {
    const page = (await gu.get(`/cases/${caseNo}/handovers`, { accept: html })).text;
    assert.match(page, /起联系不上海川省/);
    assert.match(page, /不会丢，也不会办两次/);
    assert.match((await gu.get(`/cases/${caseNo}`, { accept: html })).text, new RegExp(`/cases/${caseNo}/handovers`));
  });
  await test('back again, it takes the case once: a task on the desk of its own officer', async () => {
    await haichuan.startAgain();
    const here = await comes(gu, caseNo, 'received');
    gongyang = await Person.signIn(city, 'gongyang', haichuan);
    taken = here.peer_case;
    row = await taskOf(gongyang, taken);
    agree(here, await first(gongyang, taken));
    const desk = await gongyang.must(gongyang.get(row.url), 200);
    const answers = Object.fromEntries(desk.sections.flatMap((section) => section.rows).map((each) => [each.field, each.text]));
    assert.equal(answers.certificate_no, '98010219800101001542', 'what was agreed on of the form stands on the desk there');
    assert.deepEqual([here.whose, (await handoversOf(gongyang, taken)).length], ['haichuan', 1]);
  });
  await test('the file that was handed in there is fetched when the officer opens it, with a trace on both sides', async () => {
    const [material] = (await first(gongyang, taken)).materials;
    assert.equal(material.kept, false);
    const got = await gongyang.get(`/cases/${taken}/handovers/1/${material.id}`);
    assert.equal(got.status, 200, got.text.slice(0, 200));
    assert.equal(got.headers['content-type'], 'image/png');
    assert.equal(Number(got.headers['content-length']), picture('残疾人证').length);
    assert.equal((await first(gongyang, taken)).materials[0].kept, true);
    assert.ok((await gu.must(gu.get(`/cases/${caseNo}`), 200)).timeline.some((step) => step.kind === 'give_material'));
    const dongguo = await Person.signIn(city, 'gu');
    assert.equal((await dongguo.get(`/cases/${caseNo}/handovers/1/${material.id}`)).status, 403, 'it is for officers');
    assert.equal((await gongyang.get(`/cases/${taken}/handovers/1/other.1`)).status, 404);
  });
  await test('killed as soon as its officer has decided, it still brings the result, once', async () => {
    const sent = decide(gongyang, row, 'grant').catch(() => undefined);
    await sent;
    await kill(haichuan);
    await haichuan.startAgain();
    const here = await comes(gu, caseNo, 'done');
    gongyang = await Person.signIn(city, 'gongyang', haichuan);
    agree(here, await first(gongyang, taken));
    assert.deepEqual(here.times.map((time) => time.node), ['yunxi', 'haichuan', 'yunxi']);
    assert.equal(here.letters.filter((letter) => letter.kind === 'result').length, 1);
    const rows = (await gongyang.must(gongyang.get('/desk?view=open'), 200)).rows.filter((each) => each.case_no === taken);
    assert.deepEqual(rows, []);
    assert.equal((await gongyang.get(`/cases/${taken}/handovers/1/${here.materials[0].id}`)).status, 409, 'its files are let go');
  });
  await test('the case here goes on with what was decided there, and is paid', async () => {
    await until(async () => (await gu.get(`/cases/${caseNo}`)).json.state === 'done', 'the case is done', tries);
    const found = await gu.must(gu.get(`/cases/${caseNo}`), 200);
    assert.ok(found.sub_cases.every((sub) => sub.state === 'granted' || sub.is_waived), JSON.stringify(found.sub_cases.map((sub) => sub.state)));
    assert.equal(found.timeline.filter((step) => step.kind === 'submit').length, 1);
  });
  await test('both provinces keep it in their logs', async () => {
    for (const node of [city.portal, haichuan]) {
      const got = await node.verify();
      assert.equal(got.code, 0, got.out + got.err);
    }
  });
}

async function online(city, haichuan) {
  const tang = await Person.signIn(city, 'tang');
  await test('care in another province is recorded here and noted there, without a visit to either', async () => {
    const caseNo = (await apply(tang, '000803001001', { away: '980100', why: 'live', promise: 'yes' }, newKey())).case_no;
    const here = await comes(tang, caseNo, 'done');
    assert.equal(here.mode, 'online');
    const gongyang = await Person.signIn(city, 'gongyang', haichuan);
    agree(here, await first(gongyang, here.peer_case));
    await until(async () => (await tang.get(`/cases/${caseNo}`)).json.state === 'done', 'the case is done', tries);
  });
}

async function joint(city, haichuan) {
  const shen = await Person.signIn(city, 'shen');
  await test('a death in the other province is confirmed there while this node is killed, and the case goes on here', async () => {
    const caseNo = (await apply(shen, '000508005001', { died_where: 'haichuan', dead_id: '990102193608230025' }, newKey())).case_no;
    await city.portal.stop('SIGKILL');
    await city.portal.startAgain();
    const again = await Person.signIn(city, 'shen');
    const here = await comes(again, caseNo, 'done');
    assert.equal(here.mode, 'joint');
    const gongyang = await Person.signIn(city, 'gongyang', haichuan);
    agree(here, await first(gongyang, here.peer_case));
    const yuwen = await Person.signIn(city, 'yuwen');
    const instance = await yuwen.must(yuwen.get(`/api/instances/${here.id.split(':')[1]}`), 200);
    assert.equal(instance.scopes.find((scope) => scope.parent === 0).variables.confirmed_there, true);
    const weisheng = await Person.signIn(city, 'weisheng');
    const row = await taskOf(weisheng, caseNo);
    assert.ok(row.task_name.length > 0);
  });
}

export async function handover() {
  await removeFolder(folder);
  await tellStory(folder); // on ports that are free
  const city = await City.open(folder);
  const { haichuan } = city.nodes;
  const ways = { '000508004001': counter, '000803001001': online, '000508005001': joint };
  try {
    for (const [code, way] of Object.entries(ways)) {
      if (known.get(code).process.key !== 'side-by-side') await way(city, haichuan);
    }
  } finally {
    await city.close();
  }
}
