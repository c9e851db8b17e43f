// `zhengtong demo --story restaurant --json`: what it promises, held against the logs that it leaves behind.
import { strict as assert } from 'node:assert';
import { cp, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeFolder, root, run, tellStory } from './lib/city.mjs';
import { test } from './lib/report.mjs';

const isIndex = (value) => Number.isInteger(value) && value >= 0;

// The second line of a checkpoint is the number of leaves.
async function treeSize(node) {
  return Number((await readFile(join(root, node.log_dir, 'checkpoint'), 'utf8')).split('\n')[1]);
}

async function sizes(told) {
  const found = {};
  for (const node of told.nodes) found[node.name] = await treeSize(node);
  return found;
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

function checkMembers(told) {
  assert.match(told.case_no, /^[0-9A-Z]{43}$/);
  assert.ok(isIndex(told.receipt.leaf_index) && told.receipt.proof.startsWith('c2sp.org/tlog-proof'));
  assert.ok(told.steps.length > 10);
  for (const step of told.steps) {
    assert.ok(step.name && Number.isInteger(step.ms) && Array.isArray(step.acts), JSON.stringify(step));
  }
  assert.deepEqual(told.nodes.map((node) => node.name), ['yunxi', 'yunlan', 'dengji']);
  for (const node of told.nodes) assert.ok(node.origin && node.public_key.startsWith(`${node.origin}+`) && node.log_dir);
  const fields = told.prefilled.map((entry) => entry.field);
  for (const field of ['owner_name', 'company_code', 'shop_name', 'shop_address']) assert.ok(fields.includes(field), field);
  for (const entry of told.prefilled) {
    assert.ok(entry.value && entry.resource && isIndex(entry.act.leaf_index), JSON.stringify(entry));
    assert.equal(entry.act.node, entry.source_node);
  }
  assert.equal(new Set(told.sub_cases.map((part) => part.org)).size, 4);
  const decided = told.sub_cases.filter((part) => part.decision === 'granted');
  assert.equal(decided.length, 3, JSON.stringify(told.sub_cases));
  for (const part of decided) assert.ok(isIndex(part.act));
  assert.ok(told.certificates.length >= 1 && told.certificates[0].verdict === 'good' && told.certificates[0].signature);
  assert.ok(told.reads_of_owner.length >= 3);
}

function indexesOf(told) {
  const found = told.steps.flatMap((step) => step.acts);
  found.push({ node: 'yunxi', leaf_index: told.receipt.leaf_index });
  found.push(...told.prefilled.map((entry) => entry.act), ...told.prefilled.map((entry) => ({ node: 'yunxi', leaf_index: entry.own_act })));
  found.push(...told.certificates.map((entry) => ({ node: 'yunxi', leaf_index: entry.act })));
  found.push(...told.sub_cases.filter((part) => part.act !== null).map((part) => ({ node: 'yunxi', leaf_index: part.act })));
  for (const read of told.reads_of_owner) {
    found.push({ node: 'yunxi', leaf_index: read.leaf_index });
    if (read.source_node) found.push({ node: read.source_node, leaf_index: read.source_leaf_index });
  }
  return found;
}

export async function story(folder) {
  let told;
  await removeFolder(folder);
  await test('the story is told over fresh nodes on free ports', async () => {
    told = await tellStory(folder);
  });
  if (told === undefined) throw new Error('without the story there is no city');
  await test('the story gives all members that it promises', () => checkMembers(told));
  await test('each act of the story stands in the tree of its node', async () => {
    const size = await sizes(told);
    for (const act of indexesOf(told)) {
      assert.ok(isIndex(act.leaf_index) && act.leaf_index < size[act.node], `${JSON.stringify(act)} of ${size[act.node]}`);
    }
  });
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
