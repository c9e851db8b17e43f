// `zhengtong demo` itself: what it prints, how it ends, that it goes on where it was, and that no kill leaves a broken city.
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf, isAlive, pause, program, removeFolder, root, run, until } from './lib/city.mjs';
import { ask } from './lib/http.mjs';
import { test } from './lib/report.mjs';

const folder = 'build/scenarios/demo';
const kinds = ['群众', '企业经办人', '各部门承办人', '监督', '运维', '信息系统'];
const open = (said) => said.includes('Ctrl-C ends it');

function grandchildren(pid) {
  return childrenOf(pid).flatMap((child) => [child, ...grandchildren(child)]);
}

// In a group of its own, as a terminal would start it.
function start(...args) {
  const child = spawn(program, ['demo', '--dir', folder, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const demo = { child, said: '', pid: child.pid };
  const take = (bytes) => { demo.said += bytes; };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  demo.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  return demo;
}

async function opened(...args) {
  const demo = start(...args);
  let end;
  demo.ended.then((how) => { end = how; });
  await until(async () => open(demo.said) || end !== undefined, 'the city opens', 1200, 50);
  assert.ok(open(demo.said), `ended with ${JSON.stringify(end)}: ${demo.said}`);
  demo.everybody = [demo.pid, ...grandchildren(demo.pid)];
  demo.port = Number(/127\.0\.0\.1:(\d+)\/   云溪市/.exec(demo.said)[1]);
  return demo;
}

const allGone = (demo) => until(async () => demo.everybody.every((pid) => !isAlive(pid)), 'every process is gone', 400, 25);

async function closed(demo) {
  process.kill(demo.pid, 'SIGTERM');
  await demo.ended;
  await allGone(demo);
}

const logSize = (node) => Number(readFileSync(join(root, folder, node, 'data/log/checkpoint'), 'utf8').split('\n')[1]);

// Everybody can sign in, and what registers hold reaches the form: people, companies, addresses, all of them once.
async function isWhole(demo) {
  const key = readFileSync(join(root, folder, 'demo.key'), 'utf8').trim();
  const { json: { token } } = await ask(demo.port, `/sign-in/demo?account=shen&key=${key}`);
  const { json: { draft } } = await ask(demo.port, '/items/000131002003/apply', { token });
  const shop = (await ask(demo.port, `/apply/${draft}/shop`, { token })).json;
  const place = (await ask(demo.port, `/apply/${draft}/place`, { token })).json;
  for (const field of [...shop.section.fields, ...place.section.fields].filter((each) => each.is_prefill)) {
    assert.ok(field.source.is_fetched && field.value, JSON.stringify(field));
  }
}

// What `doing` leaves open is closed.
async function withCity(doing, ...args) {
  const demo = await opened(...args);
  try {
    await doing(demo);
  } finally {
    if (isAlive(demo.pid)) await closed(demo);
  }
}

async function printsAll(demo) {
  const addresses = [...demo.said.matchAll(/http:\/\/127\.0\.0\.1:(\d+)\/  /g)].map((found) => Number(found[1]));
  assert.equal(addresses.length, 4);
  assert.equal(addresses[0], demo.port);
  for (const kind of kinds) assert.ok(demo.said.includes(kind), kind);
  assert.match(demo.said, /都是虚构的[\s\S]*invented/);
  const links = [...demo.said.matchAll(/http:\/\/127\.0\.0\.1:(\d+)(\/sign-in\/demo\?\S+)/g)];
  assert.ok(links.length >= 12, `${links.length}`);
  const roles = new Set();
  for (const [, port, path] of links) {
    const got = await ask(Number(port), path);
    assert.equal(got.status, 200, path);
    roles.add(got.json.role);
  }
  for (const role of ['citizen', 'officer', 'supervisor', 'operator', 'system']) assert.ok(roles.has(role), `${role} of ${[...roles]}`);
  await isWhole(demo);
}

async function signsIn() {
  await test('the demo prints its addresses, the portal first, a sign-in for each kind of user, and that nobody is real', async () => {
    await removeFolder(folder);
    await withCity(printsAll);
  });
}

async function ends() {
  await test('a second start is told that the folder is in use, and the city that is open does not notice', () => withCity(async (demo) => {
    const before = readFileSync(join(root, folder, 'city.json'), 'utf8');
    const second = start();
    const { code } = await second.ended;
    assert.equal(code, 75, second.said);
    assert.match(second.said, /is open already/);
    assert.equal(readFileSync(join(root, folder, 'city.json'), 'utf8'), before);
    await isWhole(demo);
    process.kill(-demo.pid, 'SIGINT'); // Ctrl-C reaches the whole group
    assert.deepEqual(await demo.ended, { code: 0, signal: null });
    await allGone(demo);
  }));
  await test('as long as one process of a city that was killed is at work, its folder is in use', async () => {
    await withCity(async (demo) => {
      const node = childrenOf(demo.pid).find((pid) => childrenOf(pid).length > 0);
      const last = [node, ...childrenOf(node)];
      for (const pid of last) process.kill(pid, 'SIGSTOP');
      try {
        process.kill(demo.pid, 'SIGKILL');
        await demo.ended;
        await until(async () => demo.everybody.every((pid) => last.includes(pid) || !isAlive(pid)), 'the others are gone', 400, 25);
        const second = start();
        assert.equal((await second.ended).code, 75, second.said);
        assert.match(second.said, /is open already/);
      } finally {
        for (const pid of last) process.kill(pid, 'SIGCONT');
      }
      await allGone(demo);
    });
    await withCity(isWhole);
  });
  await test('killed outright, it takes every node with it, and the next start goes on with the same data', async () => {
    await withCity(async (demo) => {
      process.kill(demo.pid, 'SIGKILL');
      await demo.ended;
      await allGone(demo);
    });
    const had = logSize('yunxi');
    await withCity(isWhole);
    assert.ok(logSize('yunxi') >= had);
    const { code, out, err } = await run(['verify', '--log', join(folder, 'yunxi/data/log')]);
    assert.equal(code, 0, out + err);
  });
}

async function kills() {
  const marks = [
    ['as soon as the folder is there', () => existsSync(join(root, folder))],
    ['once there is an authority', () => existsSync(join(root, folder, 'authority.json'))],
    ['between the keys of two nodes', () => existsSync(join(root, folder, 'yunlan/keys'))],
    ['once there is a directory', () => existsSync(join(root, folder, 'directory.json'))],
    ['once there is a store', () => existsSync(join(root, folder, 'yunxi/data/node.db'))],
    ['while people are made', (demo) => demo.said.includes('making people')],
    ['while companies are made', (demo) => demo.said.includes('making companies')],
  ];
  for (const [when, isThere] of marks) {
    await test(`killed ${when}, the next start makes a whole city`, async () => {
      await removeFolder(folder);
      const demo = start();
      demo.everybody = [demo.pid];
      while (!isThere(demo) && demo.child.exitCode === null) await new Promise((resolve) => setImmediate(resolve));
      process.kill(demo.pid, 'SIGKILL');
      assert.equal((await demo.ended).signal, 'SIGKILL', demo.said);
      await withCity(isWhole);
    });
  }
  await test('killed again and again at other moments, it is a whole city in the end', async () => {
    await removeFolder(folder);
    for (let i = 1; i <= 12; i += 1) {
      const demo = start();
      await Promise.race([pause(i * 35), demo.ended]);
      if (demo.child.exitCode === null) process.kill(demo.pid, 'SIGKILL');
      await demo.ended;
    }
    await withCity(isWhole);
  });
}

async function words() {
  await test('--story alone lists the stories; an unknown one is said and nothing is made', async () => {
    const listed = await run(['demo', '--story']);
    assert.equal(listed.code, 0);
    assert.match(listed.out, /^restaurant {2}\S/);
    assert.equal(JSON.parse((await run(['demo', '--story', '--json'])).out).stories[0].name, 'restaurant');
    await removeFolder(folder);
    const unknown = await run(['demo', '--dir', folder, '--story', 'nobody', '--json']);
    assert.equal(unknown.code, 66);
    assert.equal(unknown.out, '');
    assert.match(unknown.err, /no story nobody; --story alone lists them/);
    assert.ok(!existsSync(join(root, folder)));
  });
  for (const args of [['--at', '24:00'], ['--at', '9:00'], ['--at', 'noon!'], ['--at'], ['--days', '800'], ['--days', '-1'], ['--days', 'many'], ['--what']]) {
    await test(`demo ${args.join(' ')} is refused`, async () => {
      const got = await run(['demo', '--dir', folder, ...args]);
      assert.equal(got.code, 64, got.out + got.err);
    });
  }
}

// Which cases there are, and where each stands.
async function underWay(demo) {
  const key = readFileSync(join(root, folder, 'demo.key'), 'utf8').trim();
  const { json: { token } } = await ask(demo.port, `/sign-in/demo?account=yuwen&key=${key}`);
  const found = [];
  for (let number = 1; ; number += 1) {
    const got = await ask(demo.port, `/api/instances/${number}`, { token });
    if (got.status !== 200) return found;
    found.push({ ...got.json, waits: got.json.tokens.filter((each) => !each.listens).map((each) => each.kind) });
  }
}

async function hasCases() {
  await removeFolder(folder);
  let before;
  await test('with --cases a new city has cases at many places of their own procedures', () => withCity(async (demo) => {
    const settled = async () => (await underWay(demo)).every((each) => each.waits.every((kind) => kind !== 'rule'));
    await until(settled, 'programs have done their work');
    before = await underWay(demo);
    assert.ok(before.length > 10);
    assert.equal(new Set(before.map((each) => each.process)).size, before.length);
    assert.ok(before.some((each) => each.state === 'completed'));
    for (const kind of ['task', 'timer', 'events']) assert.ok(before.some((each) => each.waits.includes(kind)), kind);
    assert.ok(before.every((each) => !each.waits.includes('incident')), JSON.stringify(before.map((each) => each.waits)));
  }, '--cases'));
  await test('and opened again it has the same, once', () => withCity(async (demo) => {
    assert.deepEqual((await underWay(demo)).map((each) => each.case_no), before.map((each) => each.case_no));
  }, '--cases'));
  await removeFolder(folder);
}

export async function demo() {
  await words();
  await hasCases();
  await signsIn();
  await ends();
  await kills();
  await removeFolder(folder);
}
