// The directory changes while the city runs: a newer one is taken up, everything else is refused, and nobody waits.
import { strict as assert } from 'node:assert';
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, until } from './lib/city.mjs';
import { ask } from './lib/http.mjs';
import { Person, fieldOf } from './lib/people.mjs';
import { test } from './lib/report.mjs';

// RFC 8785 for what stands in a directory: objects, arrays, texts, whole numbers.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

function keyOf(seed) {
  return createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' });
}

class Authority {
  constructor(city) {
    this.path = join(root, city.folder, 'directory.json');
    this.key = keyOf(Buffer.from(JSON.parse(readFileSync(join(root, city.folder, 'authority.json'), 'utf8')).seed, 'base64'));
    this.first = JSON.parse(readFileSync(this.path, 'utf8')).directory;
  }

  // As an operator would: the new file beside the old one, then in its place.
  put(directory, key = this.key) {
    const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
    const value = sign(null, Buffer.from(canonical(directory)), key);
    const text = JSON.stringify({ directory, signature: { key: raw.toString('base64'), value: value.toString('base64') } });
    writeFileSync(`${this.path}.new`, text);
    renameSync(`${this.path}.new`, this.path);
  }

  version(number, without) {
    return { ...this.first, version: number, nodes: this.first.nodes.filter((node) => node.name !== without) };
  }
}

const known = async (node) => (await ask(node.port, '/node')).json;
const refusals = (city, node) => readFileSync(join(root, city.folder, `${node.name}.log`), 'utf8').split('"directory_refused"').length - 1;

// Requests one after another until told to stop: how many there were, and what was not answered well.
function traffic(port) {
  const seen = { count: 0, bad: [] };
  let goesOn = true;
  const ends = (async () => {
    while (goesOn) {
      const got = await ask(port, '/node').catch((error) => ({ status: error.message }));
      seen.count += 1;
      if (got.status !== 200) seen.bad.push(got.status);
    }
  })();
  return async () => {
    goesOn = false;
    await ends;
    return seen;
  };
}

export async function membership(city) {
  const portal = city.portal;
  const authority = new Authority(city);
  const { version } = authority.first;
  await portal.stop();
  await portal.startAgain(); // with a log of its own from here on
  const hangUp = () => process.kill(portal.pid, 'SIGHUP');
  const before = portal.processes();
  const stop = traffic(portal.port);
  // Asked for somebody whose form no other scenario opens: what was fetched once is not asked for again.
  const isSilent = async () => {
    const he = await Person.signIn(city, 'he');
    await he.begin();
    const { revision } = await he.section('shop');
    await he.must(he.post(`/apply/${he.draft}/shop`, { revision, retry: '*' }), 200);
    const { source } = fieldOf(await he.section('shop'), 'company_code');
    return source?.is_silent === true;
  };
  const refusedWith = async (what) => {
    const had = refusals(city, portal);
    what();
    hangUp();
    await until(async () => refusals(city, portal) === had + 1, 'the refusal is in the log');
  };

  await test('a newer directory is taken up on SIGHUP, without a source that was struck off', async () => {
    authority.put(authority.version(version + 1, 'dengji'));
    hangUp();
    await until(async () => (await known(portal)).directory_version === version + 1, 'the newer directory');
    assert.ok(!(await known(portal)).nodes.some((node) => node.name === 'dengji'));
    assert.equal(await isSilent(), true);
  });
  await test('an older one, another of the same version and one of a stranger change nothing and are in the log', async () => {
    const stranger = generateKeyPairSync('ed25519').privateKey;
    await refusedWith(() => authority.put(authority.version(version)));
    await refusedWith(() => authority.put(authority.version(version + 1)));
    await refusedWith(() => authority.put(authority.version(version + 2), stranger));
    await refusedWith(() => writeFileSync(authority.path, '{'));
    assert.equal((await known(portal)).directory_version, version + 1);
  });
  await test('after a restart an older file brings nobody back', async () => {
    const seen = await stop();
    assert.deepEqual(seen.bad, []);
    assert.ok(seen.count > 0);
    assert.deepEqual(portal.processes(), before, 'no process was started anew');
    authority.put(authority.version(version));
    await portal.stop();
    await portal.startAgain();
    assert.equal((await known(portal)).directory_version, version + 1);
  });
  await test('the one that comes next is taken up, and the source answers again', async () => {
    authority.put(authority.version(version + 2));
    hangUp();
    await until(async () => (await known(portal)).directory_version === version + 2, 'the next directory');
    assert.ok((await known(portal)).nodes.some((node) => node.name === 'dengji'));
    assert.equal(await isSilent(), false);
  });
}
