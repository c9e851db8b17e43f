// The door for programs and the operators' pages of what stands still, against the real program: who may, what is refused, what counts once.
import { strict as assert } from 'node:assert';
import { ask } from './lib/http.mjs';
import { Person } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const doors = ['/api/jobs/lease', '/api/jobs/heartbeat', '/api/jobs/complete', '/api/jobs/fail', '/api/messages', '/api/signals'];
const wish = { type: 'lab.blood', instance: 1, token: 1, attempt: 1, how: 'permanent', reason: 'r', id: 'x', name: 'letter', key: 'k' };

async function who(city, program, operator) {
  await test('the door is for programs with a power: nobody else comes in, and an attempt is an act', async () => {
    const citizen = await Person.signIn(city, 'shen');
    const officer = await Person.signIn(city, 'ouyang');
    const before = await city.portal.acts();
    for (const door of doors) {
      assert.equal((await ask(city.portal.port, door, { json: wish })).status, 401, door);
      assert.equal((await citizen.post(door, wish)).json.type, '/problems/other-role', door);
      assert.equal((await officer.post(door, wish)).json.type, '/problems/power-missing', door);
    }
    assert.equal(await city.portal.acts(), before + 2 * doors.length);
    assert.equal((await program.post('/api/jobs/lease', { type: 'certificate.issue' })).json.type, '/problems/power-missing');
    assert.equal((await program.get('/incidents')).status, 403);
    assert.equal((await officer.get('/incidents')).status, 403);
    assert.equal((await operator.post('/api/jobs/lease', { type: 'lab.blood' })).json.type, '/problems/power-missing');
  });
}

async function work(program) {
  await test('where there is no work none is given, and what nobody has is lost', async () => {
    assert.deepEqual((await program.must(program.post('/api/jobs/lease', { type: 'lab.blood', wait_s: 1 }), 200)).jobs, []);
    for (const door of ['heartbeat', 'complete', 'fail']) {
      const got = await program.post(`/api/jobs/${door}`, { ...wish, instance: 999999, how: 'retry' });
      assert.deepEqual([got.status, got.json.type], [409, '/problems/lease-lost'], door);
    }
    assert.equal((await program.get('/api/instances/999999')).json.type, '/problems/no-such-instance');
  });
  await test('ten megabytes of variables are too large, and so is what is large when it is read', async () => {
    for (const variables of [{ a: 'x'.repeat(10 * 1024 * 1024) }, { a: Array(400000).fill(0) }]) {
      const got = await program.post('/api/messages', { ...wish, variables }).catch((why) => why);
      assert.ok(got.status === 413 || got.code === 'ECONNRESET' || got.code === 'EPIPE', `${got.status} ${got.code}`);
    }
    assert.equal((await program.post('/api/messages', { ...wish, variables: [] })).status, 400);
  });
}

// Numbers are given in blocks, a new one after each start: the process of a case is the one that says so.
async function processOf(program, caseNo) {
  for (let block = 1; block < 100000; block += 1000) {
    for (let number = block; number < block + 1000; number += 1) {
      const got = await program.get(`/api/instances/${number}`);
      if (got.status !== 200) break;
      if (got.json.case_no === caseNo) return got.json;
    }
  }
  return assert.fail(`no process of ${caseNo}`);
}

async function people(city, program) {
  const person = await Person.signIn(city, 'shen');
  const found = await processOf(program, await person.open());
  await test('how a case stands is told without what it says of people, and the look is an act', async () => {
    const before = await city.portal.acts();
    const got = await program.get(`/api/instances/${found.instance}`);
    const past = await program.get(`/api/instances/${found.instance}/history`);
    assert.equal(await city.portal.acts(), before + 2);
    assert.equal(got.json.state, 'running');
    assert.ok(got.json.scopes[0].names.includes('applicant') && got.json.scopes.every((scope) => scope.variables === undefined));
    assert.ok(past.json.lines.length > 0 && past.json.lines[0].command === 'start');
    assert.equal((await person.get(`/api/instances/${found.instance}`)).json.type, '/problems/other-role');
  });
  await test('what a person has to decide is not decided at the door for programs, whatever number is sent', async () => {
    assert.ok(found.tokens.some((token) => token.kind === 'task'));
    for (const { token, attempt } of found.tokens) {
      for (const door of ['complete', 'fail', 'heartbeat']) {
        const got = await program.post(`/api/jobs/${door}`, { instance: found.instance, token, attempt: attempt || 1, how: 'permanent', reason: 'r', outcome: 'grant' });
        assert.deepEqual([got.status, got.json.type], [409, '/problems/lease-lost'], `${door} ${token}`);
      }
    }
    const after = await program.must(program.get(`/api/instances/${found.instance}`), 200);
    assert.deepEqual([after.revision, after.tokens], [found.revision, found.tokens]);
  });
}

async function messages(city, program, operator, second) {
  const id = `scenario-${Date.now()}`;
  await test('a message that no case waits for is kept once, seen by operators, and dropped with an act', async () => {
    const letter = { id, name: 'letter', key: 'nobody', ttl_s: 3600, variables: { secret: 'not shown' } };
    assert.deepEqual(await program.must(program.post('/api/messages', letter), 200), { is_repeated: false, is_taken: false, is_forgotten: false });
    assert.equal((await program.must(program.post('/api/messages', letter), 200)).is_repeated, true);
    assert.equal((await program.post('/api/messages', { ...letter, key: 'other' })).json.type, '/problems/key-used');
    const seen = await operator.get('/incidents/messages');
    assert.ok(seen.text.includes(id) && !seen.text.includes('not shown'));
    const before = await city.portal.acts();
    assert.equal((await second.post('/incidents/messages', { id, do: 'forget' })).json.type, '/problems/reason-missing');
    await second.must(second.post('/incidents/messages', { id, do: 'deliver' }), 200);
    await second.must(second.post('/incidents/messages', { id, do: 'forget', reason: 'wrong number' }), 200);
    assert.equal(await city.portal.acts(), before + 2);
    assert.equal((await operator.post('/incidents/messages', { id, do: 'deliver' })).json.type, '/problems/no-such-message');
    assert.equal((await program.must(program.post('/api/messages', letter), 200)).is_forgotten, true);
  });
  await test('a signal is sent once for its number', async () => {
    const stop = { id, name: 'stop' };
    assert.equal((await program.must(program.post('/api/signals', stop), 200)).is_repeated, false);
    assert.equal((await program.must(program.post('/api/signals', stop), 200)).is_repeated, true);
    assert.equal((await program.post('/api/signals', { ...stop, name: 'go' })).json.type, '/problems/key-used');
  });
}

async function pages(operator) {
  await test('the pages of what stands still open in both languages, and what is not there says so', async () => {
    for (const lang of ['zh', 'en']) {
      for (const path of ['/incidents', '/incidents/messages', '/operator']) {
        const got = await operator.get(`${path}?lang=${lang}`, { accept: 'text/html' });
        assert.equal(got.status, 200, path);
        assert.ok(!got.text.includes('<script'), path);
      }
    }
    assert.equal((await operator.get('/incidents/999999/1')).json.type, '/problems/no-such-incident');
    assert.equal((await operator.post('/incidents/999999/1', { do: 'retry' })).json.type, '/problems/no-such-incident');
    const { results } = await operator.must(operator.post('/incidents', { at: ['999999.1', 'x'], do: 'retry' }), 200);
    assert.deepEqual(results.map((each) => each.is_done), [false, false]);
  });
}

export async function work_door(city) {
  const program = await Person.signIn(city, 'zuoye-system');
  const operator = await Person.signIn(city, 'yuwen');
  const second = await Person.signIn(city, 'taishi');
  await who(city, program, operator);
  await work(program);
  await people(city, program);
  await messages(city, program, operator, second);
  await pages(operator);
}
