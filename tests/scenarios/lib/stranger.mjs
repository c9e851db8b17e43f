// What somebody can check who has none of our programs: leaves, trees and notes as RFC 6962, C2SP signed-note, tlog-tiles and
// tlog-proof describe them, over node's crypto alone.
import { strict as assert } from 'node:assert';
import { createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const commitmentKey = Buffer.from('d821f8790d97709796b4d7903357c3f5', 'hex');
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex');
const tileWidth = 256;

// The second byte of a leaf.
export const kinds = {
  sign_in: 2, submit: 3, accept: 4, supplement: 5, supplied: 6, decide: 7, issue: 8, ask: 9, read: 10, refuse: 11, view: 12, denied: 13,
  withdraw: 14, dispute: 18, deemed_accepted: 19, step: 26, sign: 38, clock: 39, overdue: 40,
};

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
export const leafHash = (leaf) => sha256(Buffer.from([0]), leaf);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

function number32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function commitment(body, opening) {
  const label = Buffer.from('zhengtong/act');
  const text = Buffer.from(body);
  return createHmac('sha256', commitmentKey).update(Buffer.concat([opening, Buffer.from([label.length]), label, number32(1), number32(text.length), text])).digest();
}

// A tree of any size: the left half is the largest power of two below it.
export function rootOf(hashes) {
  if (hashes.length === 1) return hashes[0];
  let half = 1;
  while (half * 2 < hashes.length) half *= 2;
  return nodeHash(rootOf(hashes.slice(0, half)), rootOf(hashes.slice(half)));
}

// RFC 9162 2.1.3.2.
export function rootByPath(leaf, index, size, path) {
  let hash = leafHash(leaf);
  let at = BigInt(index);
  let last = BigInt(size) - 1n;
  for (const step of path) {
    assert.ok(last > 0n, 'the path is too long');
    if (at % 2n === 1n || at === last) {
      hash = nodeHash(step, hash);
      while (at % 2n === 0n && at !== 0n) {
        at /= 2n;
        last /= 2n;
      }
    } else {
      hash = nodeHash(hash, step);
    }
    at /= 2n;
    last /= 2n;
  }
  assert.equal(last, 0n, 'the path is too short');
  return hash;
}

// A signed note whose text is a checkpoint; vkey: name+hash+base64(algorithm, key).
export function openCheckpoint(note, vkey) {
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [origin, size, root] = text.split('\n');
  const [, name, hash, key] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey);
  const keyBytes = Buffer.from(key, 'base64');
  assert.equal(origin, name);
  assert.equal(keyBytes[0], 1, 'an Ed25519 key');
  assert.equal(sha256(Buffer.from(`${name}\n`), keyBytes).subarray(0, 4).toString('hex'), hash);
  const publicKey = createPublicKey({ key: Buffer.concat([ed25519Prefix, keyBytes.subarray(1)]), format: 'der', type: 'spki' });
  const line = note.slice(end + 2).split('\n').find((each) => each.startsWith(`— ${name} `));
  const signature = Buffer.from(line.split(' ')[2], 'base64');
  assert.equal(signature.subarray(0, 4).toString('hex'), hash);
  assert.ok(verify(null, Buffer.from(text), publicKey, signature.subarray(4)), 'the signature of the checkpoint');
  return { origin, size: Number(size), root: Buffer.from(root, 'base64') };
}

const spelt = (n) => {
  const parts = [];
  do {
    parts.unshift(String(n % 1000).padStart(3, '0'));
    n = Math.floor(n / 1000);
  } while (n > 0);
  return parts.map((part, i) => (i < parts.length - 1 ? `x${part}` : part)).join('/');
};

async function tilesOf(folder, level, size) {
  const pieces = [];
  for (let n = 0; n * tileWidth < size; n += 1) {
    const width = Math.min(tileWidth, size - n * tileWidth);
    pieces.push(await readFile(join(folder, 'tile', String(level), `${spelt(n)}${width < tileWidth ? `.p/${width}` : ''}`)));
  }
  return Buffer.concat(pieces);
}

// The whole log from its files: every leaf, under the root that the checkpoint signs.
export async function readLog(folder, vkey) {
  const checkpoint = openCheckpoint(await readFile(join(folder, 'checkpoint'), 'utf8'), vkey);
  const bundle = await tilesOf(folder, 'entries', checkpoint.size);
  const leaves = [];
  for (let at = 0; at < bundle.length;) {
    const length = bundle.readUInt16BE(at);
    leaves.push(bundle.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  assert.equal(leaves.length, checkpoint.size);
  const hashes = leaves.map(leafHash);
  assert.ok((await tilesOf(folder, 0, checkpoint.size)).equals(Buffer.concat(hashes)), 'tile/0 holds the hashes of the entries');
  assert.ok(rootOf(hashes).equals(checkpoint.root), 'the entries are those of the root');
  return { checkpoint, leaves };
}

// A receipt by itself: {leaf_index, leaf, body, opening, proof}.
export function checkReceipt(receipt, vkey) {
  const leaf = Buffer.from(receipt.leaf, 'base64');
  assert.ok(leaf.subarray(8).equals(commitment(receipt.body, Buffer.from(receipt.opening, 'base64'))), 'the leaf commits to the body');
  const [head, ...rest] = receipt.proof.split('\n\n');
  const lines = head.split('\n').filter((line) => !line.startsWith('extra '));
  assert.equal(lines[0], 'c2sp.org/tlog-proof@v1');
  assert.equal(lines[1], `index ${receipt.leaf_index}`);
  const checkpoint = openCheckpoint(rest.join('\n\n'), vkey);
  const root = rootByPath(leaf, receipt.leaf_index, checkpoint.size, lines.slice(2).map((line) => Buffer.from(line, 'base64')));
  assert.ok(root.equals(checkpoint.root), 'the path leads to the root');
  return leaf;
}
