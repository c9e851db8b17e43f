// A disk that is full while the node runs, and then is not (shim.c).  Writes are refused with 507 and words for people, reads
// go on, nothing is stored by halves, and with room again everything works without a restart.
import { strict as assert } from 'node:assert';
import { existsSync, readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, until } from '../scenarios/lib/city.mjs';
import { ask } from '../scenarios/lib/http.mjs';
import { Person, fieldOf, item, newKey, picture } from '../scenarios/lib/people.mjs';
import { test } from '../scenarios/lib/report.mjs';
import { casesOf, checkReceipt, receiptOf } from './lib/ledger.mjs';
import { comesBack, kill } from './lib/processes.mjs';

const shim = join(root, 'build/faults/shim.so');

// A node on a disk that a file fills: what it writes below `part` of its data finds no room while the file is there.
class Disk {
  constructor(city, node, part) {
    this.node = node;
    this.path = join(root, city.folder, `${node.name}.full`);
    this.env = { LD_PRELOAD: shim, ZT_FAULT: 'full:1', ZT_FAULT_SWITCH: this.path, ZT_FAULT_PATH: `${node.name}/data/${part}` };
  }

  async insert() {
    await this.empty();
    await this.node.stop();
    await this.node.startAgain(this.env);
    this.worker = this.node.processes().worker;
  }

  fill() {
    return writeFile(this.path, '');
  }

  empty() {
    return rm(this.path, { force: true });
  }

  async remove() {
    await this.empty();
    await this.node.stop();
    await this.node.startAgain();
  }
}

function filesIn(city) {
  return readdirSync(join(root, city.folder, 'yunxi/data/materials'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => entry.name).sort();
}

// What a person needs to hear, in both languages, for programs and on a page.
async function isFull(send) {
  for (const [lang, han] of [['zh', true], ['en', false]]) {
    const got = await send({ cookie: `lang=${lang}` });
    assert.equal(got.status, 507, got.text.slice(0, 300));
    assert.match(got.headers['content-type'], /^application\/problem\+json/);
    assert.equal(got.json.type, '/problems/storage-full');
    assert.equal(got.json.status, 507);
    assert.ok(got.json.reference);
    for (const words of [got.json.title, got.json.what, got.json.kept, got.json.advice[0]]) {
      assert.ok(words.length > 5 && /\p{Script=Han}/u.test(words) === han, `${lang}: ${words}`);
    }
  }
  const page = await send({ cookie: 'lang=en', accept: 'text/html' });
  assert.equal(page.status, 507);
  assert.match(page.text, /<!doctype html>/i);
  assert.match(page.text, /storage is full/i);
}

async function prepare(city) {
  const shen = await Person.signIn(city, 'shen');
  const ouyang = await Person.signIn(city, 'ouyang');
  const number = await shen.open();
  await shen.fill();
  const act = (await shen.must(shen.get(`/cases/${number}`), 200)).act;
  return { city, shen, ouyang, number, act, key: newKey(), acceptKey: newKey() };
}

function writesOf(scene) {
  const { shen, ouyang, number } = scene;
  const path = `/apply/${shen.draft}`;
  const upload = [{ name: 'promise', text: 'yes' }, { name: 'plan', file: 'full.png', bytes: picture('on a full disk') }];
  return {
    'saving a section': (more) => shen.post(`${path}/place`, { area: '99', fire: 'gas' }, more),
    'sending a file': (more) => shen.upload(`${path}/papers`, upload, more),
    'submitting': (more) => shen.post(`${path}/submit`, { declare: 'yes' }, { key: scene.key, ...more }),
    'accepting a case': (more) => ouyang.post(`/desk/${number}-1/accept`, {}, { key: scene.acceptKey, ...more }),
    'withdrawing a case': (more) => shen.post(`/cases/${number}/withdraw`, { part: 'all' }, more),
    'signing in': (more) => ask(shen.port, `/sign-in/demo?account=lu&key=${scene.city.key}`, more),
  };
}

const readsOf = ({ shen, ouyang, number, act }) => [
  [shen, '/'], [shen, `/items/${item}`], [shen, '/search?q=餐饮'], [shen, '/cases'], [shen, `/cases/${number}`],
  [shen, `/cases/${number}/application`], [shen, `/cases/${number}/done`], [shen, `/apply/${shen.draft}/place`], [shen, `/apply/${shen.draft}/check`],
  [shen, '/readers'], [shen, '/log'], [shen, '/log/checkpoint'], [shen, `/receipts/${act}.json`], [ouyang, '/desk'], [shen, '/readyz'], [shen, '/catalogue'],
].map(([who, path]) => [who, encodeURI(path)]);

const state = async ({ city, shen }) => ({ acts: await city.portal.acts(), cases: await casesOf(shen), files: filesIn(city), draft: await shen.section('place') });

async function isShown(who, path) {
  const got = await Promise.all(['application/json', 'text/html'].map((accept) => who.get(path, { accept })));
  for (const each of got) assert.equal(each.status, 200, each.text.slice(0, 300));
}

async function whileFull(scene, disk) {
  for (const [what, send] of Object.entries(writesOf(scene))) {
    await test(`full: ${what} is refused with 507, in words for people`, () => isFull(send));
  }
  for (const [who, path] of readsOf(scene)) {
    await test(`full: ${decodeURI(path).replace(scene.number, '…')} is shown`, () => isShown(who, path));
  }
  await test('full: an officer is told why a case cannot be opened: looking is recorded', () => isFull((more) => scene.ouyang.get(`/desk/${scene.number}-1`, more)));
  await test('full: a hundred refused writes later it still answers both', async () => {
    const writes = Object.values(writesOf(scene));
    const got = await Promise.all(Array.from({ length: 100 }, (_, i) => writes[i % writes.length]({})));
    assert.ok(got.every((each) => each.status === 507), got.map((each) => each.status).join(' '));
    assert.equal((await scene.shen.get('/')).status, 200);
  });
  await test('full: when its worker is killed another one begins, and shows what there is', async () => {
    const before = disk.node.processes();
    kill(before.worker);
    await comesBack(disk.node, before);
    disk.worker = disk.node.processes().worker;
    await isShown(scene.shen, `/cases/${scene.number}`);
    await isFull(writesOf(scene).submitting);
  });
}

async function afterwards(scene, before, disk) {
  const { city, shen, ouyang, number, key, acceptKey } = scene;
  await test('nothing of what was refused is stored, no file, no act, no half of a draft', async () => {
    assert.deepEqual(await state(scene), before);
  });
  await disk.empty();
  await test('with room again a section can be saved, and is read back', async () => {
    await until(async () => (await writesOf(scene)['saving a section']({})).status === 200, 'a save is taken', 200, 20);
    assert.equal(fieldOf(await shen.section('place'), 'area').value, '99');
  });
  await test('a file is taken', () => shen.addPlan(picture('with room again'), 'room.png'));
  await test('the same key that was refused submits, once', async () => {
    const made = await shen.must(shen.submit(key), 201);
    assert.equal((await shen.must(shen.submit(key), 201)).case_no, made.case_no);
    assert.deepEqual((await casesOf(shen)).sort(), [...before.cases, made.case_no].sort());
    scene.made = made;
  });
  await test('the same key that was refused accepts', async () => {
    const got = await shen.must(ouyang.post(`/desk/${number}-1/accept`, {}, { key: acceptKey }), 200);
    assert.deepEqual(got.acts.map((act) => act.kind), ['accept']);
  });
  await test('all that without a restart', () => assert.equal(city.portal.processes().worker, disk.worker));
  await test('the log verifies, and with it the receipt of the case', async () => {
    const got = await city.portal.verify();
    assert.equal(got.code, 0, got.out + got.err);
    const { log_key: logKey } = (await ask(shen.port, '/node')).json;
    await checkReceipt(city, await receiptOf(shen, scene.made.acts.at(-1).index), logKey);
  });
}

async function everything(city) {
  const disk = new Disk(city, city.portal, '');
  await test('the portal runs on a disk that can be filled', () => disk.insert());
  const scene = await prepare(city);
  const before = await state(scene);
  await disk.fill();
  await whileFull(scene, disk);
  await afterwards(scene, before, disk);
  await disk.remove();
}

// Only the published log has no room: acts are durable all the same, and their receipts come when they can.
async function theLog(city) {
  const disk = new Disk(city, city.portal, 'log');
  await test('the portal runs with its published log on a disk that can be filled', () => disk.insert());
  const shen = await Person.signIn(city, 'shen');
  const { log_key: key } = (await ask(shen.port, '/node')).json;
  const checkpoint = async () => (await ask(shen.port, '/log/checkpoint')).text;
  let made;
  await shen.fill();
  await until(async () => Number((await checkpoint()).split('\n')[1]) === await city.portal.acts(), 'the checkpoint covers every act');
  const before = await checkpoint();
  await disk.fill();
  await test('log full: a case is taken', async () => {
    made = await shen.must(shen.submit(), 201);
  });
  await test('log full: its receipt has no proof yet, and says nothing wrong', async () => {
    const receipt = await receiptOf(shen, made.acts.at(-1).index);
    assert.equal(receipt.proof, undefined);
    assert.ok(receipt.leaf && receipt.opening);
    assert.equal((await shen.get(`/cases/${made.case_no}/done`, { accept: 'text/html' })).status, 200);
  });
  await test('log full: the checkpoint is the old one, and what is published verifies', async () => {
    assert.equal(await checkpoint(), before);
    const got = await city.portal.verify();
    assert.equal(got.code, 0, got.out + got.err);
  });
  await disk.empty();
  await test('with room again the receipt gets its proof, without a restart', async () => {
    const receipt = await until(async () => {
      const got = await receiptOf(shen, made.acts.at(-1).index);
      return got.proof && got;
    }, 'the proof is there');
    await checkReceipt(city, receipt, key);
    assert.equal(city.portal.processes().worker, disk.worker);
    const got = await city.portal.verify();
    assert.equal(got.code, 0, got.out + got.err);
  });
  await disk.remove();
}

// What a source cannot record it does not hand out; the form comes all the same, and says who has a difficulty.
async function aSource(city) {
  const disk = new Disk(city, city.nodes.dengji, '');
  await test('a source runs on a disk that can be filled', () => disk.insert());
  const gu = await Person.signIn(city, 'gu');
  await gu.begin();
  await disk.fill();
  await test('source full: the form comes, with what others gave, and names the source', async () => {
    const shop = await gu.section('shop');
    const { source } = fieldOf(shop, 'company_code');
    assert.ok(source.is_silent, JSON.stringify(source));
    assert.match(source.problem, /市场监管局/);
    assert.ok(fieldOf(shop, 'owner_name').value);
  });
  await disk.empty();
  await test('with room again at the source, asking again fetches', async () => {
    await until(async () => {
      const { revision } = await gu.section('shop');
      await gu.must(gu.post(`/apply/${gu.draft}/shop`, { revision, retry: '*' }), 200);
      return fieldOf(await gu.section('shop'), 'company_code').source.is_fetched;
    }, 'the value comes', 100, 50);
  });
  await test('the log of that source verifies', async () => {
    const got = await city.nodes.dengji.verify();
    assert.equal(got.code, 0, got.out + got.err);
  });
  await disk.remove();
}

export async function disk(city) {
  assert.ok(existsSync(shim), `${shim} is not built`);
  await everything(city);
  await theLog(city);
  await aSource(city);
}
