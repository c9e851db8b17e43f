// kill -9 of any process at any moment, under load: what was acknowledged is there afterwards, nothing is there twice, and the
// logs only grow.  Chance is seeded.
import { strict as assert } from 'node:assert';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { childrenOf, isAlive, pause, root, run, until } from '../scenarios/lib/city.mjs';
import { ask } from '../scenarios/lib/http.mjs';
import { test } from '../scenarios/lib/report.mjs';
import { chance, dealer } from './lib/chance.mjs';
import * as ledgers from './lib/ledger.mjs';
import { Load } from './lib/load.mjs';
import { comesBack, kill, patience } from './lib/processes.mjs';

const rounds = Number(process.env.ROUNDS ?? 65);

// Every process of the city; the portal's more often than those of the sources.
const victims = [
  ...['worker', 'signer', 'parent'].flatMap((process) => ['yunxi', 'yunxi', 'yunlan', 'dengji'].map((node) => ({ node, process }))),
  { node: 'the city', process: 'parent' },
];

// The demo's parent takes the nodes with it, which a person sees end before opening the city again.
async function killCity(city) {
  for (const node of Object.values(city.nodes)) {
    if (node.child) await node.stop();
  }
  const all = childrenOf(city.child.pid).flatMap((pid) => [pid, ...childrenOf(pid)]);
  const from = performance.now();
  kill(city.child.pid);
  await until(async () => !all.some(isAlive), 'the city\'s processes end', patience, 10);
  await city.openDoors();
  return performance.now() - from;
}

// How long until it serves again, in milliseconds.
async function killOne(city, { node: name, process }) {
  if (name === 'the city') return killCity(city);
  const node = city.nodes[name];
  const before = node.processes();
  const from = performance.now();
  kill(before[process]);
  if (process === 'parent') {
    await until(async () => !isAlive(before.parent), `the parent of ${name} ends`, patience, 1);
    await node.startAgain();
  } else {
    await comesBack(node, before);
  }
  return performance.now() - from;
}

async function keepCheckpoints(city, kept, round) {
  for (const node of Object.values(city.nodes)) {
    const path = join(root, city.folder, `${node.name}-${round}.checkpoint`);
    const got = await ask(node.port, '/log/checkpoint');
    if (got.status !== 200) continue; // the node has no act yet
    await writeFile(path, got.bytes);
    kept.push({ node, path });
  }
}

const middle = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

async function report(times) {
  const figures = [];
  for (const [what, list] of [...times].sort()) {
    const [median, most] = [middle(list), Math.max(...list)].map(Math.round);
    console.log(`   restart after kill -9 of ${what}: median ${median} ms, max ${most} ms (${list.length})`);
    for (const [name, value] of [['median', median], ['max', most]]) {
      figures.push({ name: `restart after kill -9 of ${what}, ${name}`, value, unit: 'ms', peer: 'the aim', peer_value: 2000, ratio: value / 2000 });
    }
  }
  const path = join(root, 'build/bench/restart.json');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(figures, null, 1)}\n`);
}

async function killUnderLoad(city, load, seed) {
  const random = chance(seed);
  const deal = dealer(random, victims);
  const times = new Map();
  const kept = [];
  load.begin();
  for (let round = 1; round <= rounds; round += 1) {
    const victim = deal();
    const what = victim.node === 'the city' ? 'the parent of the whole city' : `the ${victim.process} of ${victim.node}`;
    const restMs = 100 + random.below(1400);
    await test(`round ${round}: kill -9 of ${what} after ${restMs} ms; it serves again and work goes on`, async () => {
      await pause(restMs);
      await keepCheckpoints(city, kept, round);
      const took = await killOne(city, victim);
      times.set(what, [...(times.get(what) ?? []), took]);
      const known = load.ledger.size;
      await until(async () => load.failure || load.ledger.size > known, 'something is acknowledged again', patience, 10);
      if (load.failure) throw load.failure;
    });
  }
  await test('those who work finish what they have in hand', () => load.finish());
  await report(times);
  return kept;
}

export async function kills(city, seed) {
  const ledger = new ledgers.Ledger();
  const load = await Load.of(city, ledger);
  const before = [];
  for (const { person } of load.citizens) before.push([person, await ledgers.casesOf(person)]);
  const kept = await killUnderLoad(city, load, seed);
  console.log(`   ${ledger.cases.length} cases, ${ledger.moves.length} steps of officers, ${ledger.files.size} files, ${ledger.acts.size} acts; ${ledger.lost} answers were lost, ${ledger.refused} requests refused`);
  assert.ok(ledger.cases.length > 0 && ledger.moves.length > 0 && ledger.lost > 0, 'the load met no crash');
  const { log_key: key } = (await ask(city.portal.port, '/node')).json;
  await test('every case that was acknowledged is there, and no other', () => ledgers.checkCases(ledger, before));
  await test('the same keys give the same numbers and acts again, and make nothing', () => ledgers.checkKeys(ledger));
  await test('and still there is no case more', () => ledgers.checkCases(ledger, before));
  await test('each case holds what was last saved before it', () => ledgers.checkContents(ledger));
  await test('each draft holds its last acknowledged save, or a later one', () => ledgers.checkDrafts(ledger));
  await test('each file is there, byte for byte', () => ledgers.checkFiles(ledger, load.officers[0].person, load.officers[0].desk.part));
  await test('each step of an officer is there', () => ledgers.checkMoves(ledger));
  await test('each certificate is there', () => ledgers.checkCertificates(ledger));
  await test('each act has its receipt, and the offline check accepts them', () => ledgers.checkActs(ledger, city, key));
  for (const node of Object.values(city.nodes)) {
    await test(`the log of ${node.name} passes verify, and has only grown since each checkpoint that was handed out`, async () => {
      const older = kept.filter((each) => each.node === node).map((each) => each.path);
      for (const path of older) {
        const got = await run(['verify', '--log', node.logDir, '--older', path, '--json']);
        assert.equal(got.code, 0, `${path}: ${got.out}${got.err}`);
      }
      const got = await node.verify();
      assert.equal(got.code, 0, got.out + got.err);
    });
  }
}
