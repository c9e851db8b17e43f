// `zhengtong demo --story restaurant --json`: what it promises, held against the logs that it leaves behind.
import { strict as assert } from 'node:assert';
import { cp, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeFolder, root, run, tellStory } from './lib/city.mjs';
import { test } from './lib/report.mjs';
import { checkReceipt, kinds, leafHash, readLog } from './lib/stranger.mjs';

const isIndex = (value) => Number.isInteger(value) && value >= 0;

// The second line of a checkpoint is the number of leaves.
async function treeSize(node) {
  return Number((await readFile(join(root, node.log_dir, 'checkpoint'), 'utf8')).split('\n')[1]);
}

// A byte in the middle of the file is turned over.
async function flip(path) {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1] ^= 1;
  await writeFile(path, bytes);
}

async function newest(folder) {
  const names = await readdir(folder);
  return String(Math.max(...names.map(Number)));
}

const members = {
  told: ['case_no', 'certificates', 'nodes', 'prefilled', 'reads_of_owner', 'receipt', 'steps', 'sub_cases'],
  step: ['acts', 'ms', 'name'],
  act: ['kind', 'leaf_index', 'node'],
  node: ['log_dir', 'name', 'origin', 'public_key'],
  prefilled: ['act', 'field', 'resource', 'source_node', 'value'],
  sub_case: ['act', 'decision', 'org'],
};

function hasExactly(object, kind) {
  assert.deepEqual(Object.keys(object).sort(), members[kind]);
}

function checkSteps(told) {
  assert.ok(told.steps.length > 10);
  for (const step of told.steps) {
    hasExactly(step, 'step');
    assert.ok(step.name && Number.isInteger(step.ms) && step.ms >= 0, JSON.stringify(step));
    for (const act of step.acts) {
      hasExactly(act, 'act');
      assert.ok(isIndex(act.leaf_index) && kinds[act.kind] !== undefined, JSON.stringify(act));
    }
  }
}

function checkMembers(told) {
  hasExactly(told, 'told');
  assert.match(told.case_no, /^[0-9A-Z]{43}$/);
  assert.ok(isIndex(told.receipt.leaf_index) && told.receipt.proof.startsWith('c2sp.org/tlog-proof'));
  checkSteps(told);
  assert.deepEqual(told.nodes.map((node) => node.name), ['yunxi', 'yunlan', 'dengji', 'haichuan']);
  for (const node of told.nodes) {
    hasExactly(node, 'node');
    assert.ok(node.public_key.startsWith(`${node.origin}+`));
  }
  const fields = told.prefilled.map((entry) => entry.field);
  for (const field of ['owner_name', 'company_code', 'shop_name', 'shop_address']) assert.ok(fields.includes(field), field);
  for (const entry of told.prefilled) {
    hasExactly(entry, 'prefilled');
    assert.ok(entry.value && entry.resource && isIndex(entry.act.leaf_index), JSON.stringify(entry));
    assert.equal(entry.act.node, entry.source_node);
  }
  assert.equal(new Set(told.sub_cases.map((part) => part.org)).size, 4);
  for (const part of told.sub_cases) {
    hasExactly(part, 'sub_case');
    assert.equal(isIndex(part.act), part.decision === 'granted', JSON.stringify(part));
  }
  assert.equal(told.sub_cases.filter((part) => part.decision === 'granted').length, 3, JSON.stringify(told.sub_cases));
  assert.ok(told.certificates.length >= 1 && told.certificates[0].verdict === 'good' && told.certificates[0].signature);
  assert.ok(told.reads_of_owner.length >= 3);
}

// Every act that the story names, with the kind that its leaf must have, where the story says which.
function actsOf(told) {
  const portal = told.nodes[0].name;
  const found = told.steps.flatMap((step) => step.acts);
  found.push({ node: portal, leaf_index: told.receipt.leaf_index, kind: 'submit' });
  for (const entry of told.prefilled) found.push({ ...entry.act, kind: 'read' });
  for (const entry of told.certificates) found.push({ node: portal, leaf_index: entry.act, kind: 'issue' });
  for (const part of told.sub_cases) if (part.act !== null) found.push({ node: portal, leaf_index: part.act, kind: 'decide' });
  for (const read of told.reads_of_owner) {
    found.push({ node: portal, leaf_index: read.leaf_index });
    if (read.source_node) found.push({ node: read.source_node, leaf_index: read.source_leaf_index, kind: 'read' });
  }
  return found;
}

async function logsOf(told) {
  const found = {};
  for (const node of told.nodes) found[node.name] = await readLog(join(root, node.log_dir), node.public_key);
  return found;
}

async function asAStrangerWould(told) {
  await test('a program of somebody else reads each log from its files: entries, tiles and the signed root agree', async () => {
    for (const { leaves } of Object.values(await logsOf(told))) assert.ok(leaves.length > 0);
  });
  await test('each act of the story stands at its index, as a leaf of its kind', async () => {
    const logs = await logsOf(told);
    for (const act of actsOf(told)) {
      const leaf = logs[act.node].leaves[act.leaf_index];
      assert.ok(leaf, `${JSON.stringify(act)} of ${logs[act.node].leaves.length}`);
      assert.equal(leaf.length, 40);
      if (act.kind) assert.equal(leaf[1], kinds[act.kind], JSON.stringify(act));
    }
  });
  await test('the receipt leads from its body to the signed root, and is the leaf that the log holds', async () => {
    const [portal] = told.nodes;
    const leaf = checkReceipt(told.receipt, portal.public_key);
    const { leaves } = await readLog(join(root, portal.log_dir), portal.public_key);
    assert.ok(leafHash(leaves[told.receipt.leaf_index]).equals(leafHash(leaf)));
    assert.equal(JSON.parse(told.receipt.body).case_no, told.case_no);
  });
  await test('a receipt with another body, index or key convinces no stranger', () => {
    const [portal, other] = told.nodes;
    const { receipt } = told;
    assert.throws(() => checkReceipt({ ...receipt, body: receipt.body.replace(told.case_no, told.case_no.replace('9', '8')) }, portal.public_key), /commits/);
    assert.throws(() => checkReceipt({ ...receipt, proof: receipt.proof.replace(/index \d+/, 'index 0'), leaf_index: 0 }, portal.public_key));
    assert.throws(() => checkReceipt(receipt, other.public_key));
  });
}

export async function story(folder) {
  let told;
  await removeFolder(folder);
  await test('the story is told over fresh nodes on free ports', async () => {
    told = await tellStory(folder);
  });
  if (told === undefined) throw new Error('without the story there is no city');
  await test('the story gives all members that it promises', () => checkMembers(told));
  await asAStrangerWould(told);
  for (const node of told.nodes) {
    await test(`the log of ${node.name} passes verify with the key that the story names`, async () => {
      const size = await treeSize(node);
      const got = await run(['verify', '--log', node.log_dir, '--key', node.public_key, '--act', String(size - 1), '--json']);
      assert.equal(got.code, 0, got.out + got.err);
    });
  }
  await test('the receipt passes verify by itself, and another case number in it does not', async () => {
    const path = join(root, folder, 'receipt.json');
    await writeFile(path, JSON.stringify(told.receipt));
    const good = await run(['verify', '--receipt', path, '--key', told.nodes[0].public_key]);
    assert.equal(good.code, 0, good.out + good.err);
    await writeFile(path, JSON.stringify(told.receipt).replaceAll(told.case_no, `${told.case_no.slice(0, -1)}X`));
    const bad = await run(['verify', '--receipt', path, '--key', told.nodes[0].public_key]);
    assert.equal(bad.code, 65, bad.out + bad.err);
  });
  for (const part of ['tile/0/000.p', 'tile/entries/000.p']) {
    await test(`one byte turned over in ${part} is found, and the file is named`, async () => {
      const broken = join(root, folder, 'broken');
      await removeFolder(join(folder, 'broken'));
      await cp(join(root, told.nodes[0].log_dir), broken, { recursive: true });
      const file = `${part}/${await newest(join(broken, part))}`;
      await flip(join(broken, file));
      const got = await run(['verify', '--log', broken, '--key', told.nodes[0].public_key]);
      assert.equal(got.code, 76, got.out + got.err);
      assert.ok((got.out + got.err).includes(file), got.out + got.err);
      await removeFolder(join(folder, 'broken'));
    });
  }
  await test('the story is told a second time in the same folder, as another case', async () => {
    const again = await tellStory(folder);
    assert.notEqual(again.case_no, told.case_no);
    checkMembers(again);
    told.second = again;
  });
  return told;
}
