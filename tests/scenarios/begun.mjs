// Cases that nobody applies for: a procedure that two persons publish begins by a message, a signal and a time.  Its work fails for good, and operators
// mend it: a variable and once more; moved on by two persons; ended.
import { strict as assert } from 'node:assert';
import { until } from './lib/city.mjs';
import { newKey, Person } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const process = '/processes/testing';
const bpmn = 'http://www.omg.org/spec/BPMN/20100524/MODEL';

const start = (id, event) => `<startEvent id="${id}">${event}</startEvent><sequenceFlow id="${id}_on" sourceRef="${id}" targetRef="together"/>`;

// Three ways to begin, and one piece of work in a laboratory.
const model = (message, signal, moment) => `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="${bpmn}" xmlns:gov="https://zhengtong.example/ns/gov" id="testing-model" name="检验检测" targetNamespace="urn:testing">
  <message id="m" name="${message}"/><signal id="g" name="${signal}"/>
  <process id="testing" name="检验检测" gov:en="Testing" isExecutable="true">
    ${start('came', '<messageEventDefinition messageRef="m"/>')}
    ${start('alarmed', '<signalEventDefinition signalRef="g"/>')}
    ${start('timed', `<timerEventDefinition><timeDate>${moment}</timeDate></timerEventDefinition>`)}
    <exclusiveGateway id="together"/><sequenceFlow id="f1" sourceRef="together" targetRef="work"/>
    <serviceTask id="work" name="检验"><extensionElements><gov:job type="lab.scenario" retries="0"/><gov:input name="sample" value="=sample"/>
      <gov:input name="by" value="=begun_by.by"/></extensionElements></serviceTask>
    <sequenceFlow id="f2" sourceRef="work" targetRef="done"/><endEvent id="done"/>
  </process>
</definitions>`;

async function publish(city, xml) {
  const author = await Person.signIn(city, 'gongsun');
  const second = await Person.signIn(city, 'baili');
  const today = new Date(Date.now() + (8 * 3600 + city.portal.clockShiftS) * 1000).toISOString().slice(0, 10);
  const { revision: before, base } = await author.must(author.get(`${process}/edit`), 200);
  const { revision } = await author.must(author.post(`${process}/edit`, { xml, revision: before, base }), 200);
  const wish = { basis: '《行政许可法》第五十五条', reason: '场景', holds_from: today, revision };
  const { number } = await author.must(author.post(`${process}/propose`, wish, { key: newKey() }), 200);
  const { version } = await second.must(second.get(`${process}/versions/${number}`), 200);
  await second.must(second.post(`${process}/versions/${number}/verdict`, { verdict: 'publish', sha256: version.sha256 }), 200);
}

const job = (program, wait = 10) => until(async () => {
  const { jobs } = await program.must(program.post('/api/jobs/lease', { type: 'lab.scenario', wait_s: 1 }), 200);
  return jobs[0];
}, 'there is work for the laboratory', wait, 100);

const told = ({ instance, token, attempt }, more) => ({ instance, token, attempt, ...more });
const stateOf = async (program, { instance }) => (await program.must(program.get(`/api/instances/${instance}`), 200)).state;

async function begins(city, program, name) {
  const letter = (id, key) => ({ id: `${name}-${id}`, name: `${name}.sample`, key, ttl_s: 60, variables: { sample: 'A', applicant: { id: '', kind: 'none' } } });
  await test('a message that nobody waits for begins one case, with a number of its own, and an act', async () => {
    const before = await city.portal.acts();
    const got = await program.must(program.post('/api/messages', letter('m1', `${name}-k1`)), 200);
    assert.deepEqual(got, { is_repeated: false, is_taken: true, is_forgotten: false });
    assert.equal((await program.must(program.post('/api/messages', letter('m1', `${name}-k1`)), 200)).is_repeated, true);
    assert.equal(await city.portal.acts(), before + 2); // that it began, and who sent the message
    const work = await job(program);
    assert.match(work.case_no, /^11990100000000019FYZ\d{12}$/);
    assert.deepEqual(work.data, { sample: 'A', by: 'message' });
    const more = await program.must(program.post('/api/messages', letter('m2', `${name}-k1`)), 200);
    assert.equal(more.is_taken, false); // the case of this key is open
    await program.must(program.post('/api/jobs/complete', told(work)), 200);
    assert.equal(await stateOf(program, work), 'completed');
  });
  await test('a signal and a time begin one each', async () => {
    await program.must(program.post('/api/signals', { id: `${name}-s`, name: `${name}.alarm` }), 200);
    const works = [await job(program), await job(program, 60)];
    assert.deepEqual(works.map((work) => work.data.by).sort(), ['signal', 'timer']);
    for (const work of works) await program.must(program.post('/api/jobs/complete', told(work)), 200);
    assert.deepEqual((await program.must(program.post('/api/jobs/lease', { type: 'lab.scenario', wait_s: 1 }), 200)).jobs, []);
  });
  return letter;
}

// A case whose work has failed for good: where the operator finds it.
async function stuck(program, operator, letter, id) {
  await program.must(program.post('/api/messages', letter(id, '')), 200);
  const work = await job(program);
  const failed = await program.must(program.post('/api/jobs/fail', told(work, { how: 'permanent', reason: 'the sample is broken' })), 200);
  assert.equal(failed.is_incident, true);
  const { rows } = await operator.must(operator.get('/incidents?process=testing'), 200);
  const row = rows.find((each) => each.case_no === work.case_no);
  assert.equal(row.element, 'work');
  return { work, url: row.url };
}

async function mends(city, program, operator, second, letter) {
  await test('work that has failed for good is an incident; the operator mends a variable, and the case goes on', async () => {
    const { work, url } = await stuck(program, operator, letter, 'i1');
    const seen = await operator.get(url, { accept: 'text/html' });
    assert.ok(seen.text.includes('the sample is broken') && seen.text.includes('检验'));
    const before = await city.portal.acts();
    await operator.must(operator.post(url, { do: 'retry', variables: { sample: 'B' }, reason: 'another sample was taken' }), 200);
    assert.equal(await city.portal.acts(), before + 1);
    const again = await job(program);
    assert.deepEqual([again.instance, again.data.sample], [work.instance, 'B']);
    await program.must(program.post('/api/jobs/complete', told(again)), 200);
    assert.equal(await stateOf(program, work), 'completed');
    assert.equal((await operator.get(url)).json.type, '/problems/no-such-incident');
  });
  await test('to move it elsewhere takes two persons', async () => {
    const { work, url } = await stuck(program, operator, letter, 'i2');
    await operator.must(operator.post(url, { do: 'propose', element: 'done', reason: 'tested elsewhere' }), 200);
    const own = await operator.post(url, { do: 'move' });
    assert.deepEqual([own.status, own.json.type], [403, '/problems/second-person']);
    await second.must(second.post(url, { do: 'move' }), 200);
    assert.equal(await stateOf(program, work), 'completed');
  });
  await test('to end it takes a reason', async () => {
    const { work, url } = await stuck(program, operator, letter, 'i3');
    assert.equal((await operator.post(url, { do: 'cancel' })).json.type, '/problems/reason-missing');
    await operator.must(operator.post(url, { do: 'cancel', reason: 'the shop has closed' }), 200);
    assert.equal(await stateOf(program, work), 'cancelled');
    assert.ok((await operator.must(operator.get('/incidents?process=testing'), 200)).rows.every((row) => row.case_no !== work.case_no));
  });
}

export async function begun(city) {
  const program = await Person.signIn(city, 'zuoye-system');
  const operator = await Person.signIn(city, 'yuwen');
  const second = await Person.signIn(city, 'taishi');
  const author = await Person.signIn(city, 'gongsun');
  const name = `begun${Date.now()}`;
  const { xml } = await author.must(author.get(`${process}/edit`), 200);
  const moment = new Date(Date.now() + (20 + city.portal.clockShiftS) * 1000).toISOString().replace(/\.\d+/, '');
  await publish(city, model(`${name}.sample`, `${name}.alarm`, moment));
  const letter = await begins(city, program, name);
  await mends(city, program, operator, second, letter);
  await publish(city, xml); // as it was
}
