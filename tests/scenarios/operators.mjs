// The operator's page: the node as it is, what needs attention, a backup by a form.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, utimesSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { end, program, root, until } from './lib/city.mjs';
import { ask } from './lib/http.mjs';
import { Person, item } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const html = 'text/html';
const page = (operator) => operator.must(operator.get('/operator'), 200);
const whats = (document) => document.attention.map((each) => each.what);

async function glance(city, operator) {
  await test('build, directory, keys and log are those of this node', async () => {
    const got = await page(operator);
    assert.equal(got.program.build, createHash('sha256').update(readFileSync(program)).digest('hex'));
    const { directory } = JSON.parse(readFileSync(join(root, city.folder, 'directory.json'), 'utf8'));
    assert.equal(got.figures.directory_version, directory.version);
    assert.deepEqual(got.nodes.map((node) => node.certificate), directory.nodes.map((node) => node.tls_fingerprint).sort((a, b) => {
      const name = (fingerprint) => directory.nodes.find((node) => node.tls_fingerprint === fingerprint).name;
      return name(a) < name(b) ? -1 : 1;
    }));
    for (const node of got.nodes) {
      const key = directory.nodes.find((each) => each.name === node.name).public_key;
      assert.equal(node.key, createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex'));
    }
    assert.equal(got.store.kind, 'SQLite');
    assert.equal(got.figures.acts, await city.portal.acts());
  });
  await test('/metrics has every figure of the page', async () => {
    const { figures } = await page(operator);
    const { text } = await ask(city.portal.port, '/metrics', { accept: 'text/plain' });
    const values = text.split('\n').filter((line) => line && !line.startsWith('#') && !line.includes('{')).map((line) => line.split(' '));
    assert.equal(values.length, Object.keys(figures).length);
    const of = Object.fromEntries(values);
    assert.equal(Number(of.zhengtong_directory_version), figures.directory_version);
    assert.equal(Number(of.zhengtong_materials), figures.materials);
    assert.equal(Number(of.process_start_time_seconds), figures.started_s);
    assert.ok(figures.materials > 0 && figures.material_bytes > figures.materials);
  });
  await test('the connections that are counted are those that are open', async () => {
    const count = async () => (await page(operator)).figures.connections;
    const before = await count();
    const sockets = [1, 2, 3].map(() => net.connect(city.portal.port, '127.0.0.1'));
    await until(async () => (await count()) === before + 3, 'three more are counted');
    sockets.forEach((socket) => socket.destroy());
    await until(async () => (await count()) === before, 'and are gone again');
  });
}

async function backups(city, operator) {
  await test('a backup is made by a form with its token, and the answer leads back to what was made', async () => {
    const signed = await ask(city.portal.port, '/sign-in/demo', { form: { account: 'yuwen' }, accept: html });
    const cookie = signed.headers['set-cookie'].map((line) => line.split(';')[0]).join('; ');
    const seen = await ask(city.portal.port, '/operator', { cookie, accept: html });
    const csrf = /action="\/operator\/backup">\s*<input type="hidden" name="csrf" value="([^"]+)"/.exec(seen.text)[1];
    const without = await ask(city.portal.port, '/operator/backup', { cookie, form: {}, accept: html });
    assert.equal(without.status, 403);
    const made = await ask(city.portal.port, '/operator/backup', { cookie, form: { csrf }, accept: html });
    assert.equal(made.status, 303, made.text.slice(0, 200));
    const file = /^\/operator\?made=(\d{8}-\d{4}\.db)#backups$/.exec(made.headers.location)[1];
    assert.ok(existsSync(join(root, city.folder, 'yunxi/data/backups', file)));
    const back = await ask(city.portal.port, made.headers.location.split('#')[0], { cookie, accept: html });
    assert.equal(back.status, 200);
    assert.match(back.text, new RegExp(`备份做好了[^]*${file}`));
    const got = await page(operator);
    assert.ok(!whats(got).includes('backup'));
    assert.equal(got.backups[0].file, file);
    assert.equal(got.made, undefined);
  });
  await test('a backup older than a day is not enough', async () => {
    const folder = join(root, city.folder, 'yunxi/data/backups');
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.db'))) {
      const then = Date.now() / 1000 - 90000;
      utimesSync(join(folder, file), then, then);
    }
    assert.ok(whats(await page(operator)).includes('backup'));
  });
  await test('a backup that is not there is not said to have been made', async () => {
    const got = await operator.must(operator.get('/operator?made=20200101-0000.db'), 200);
    assert.equal(got.made, undefined);
  });
}

async function silentNode(city, operator) {
  const system = await Person.signIn(city, 'canyin-system');
  const question = {
    key: { kind: 'company', value: '92990103MA00000B7N' }, fields: ['name'],
    purpose: { case: 'operators-1', item, basis: '国务院令第716号第七条', actor: 'system' },
  };
  const dengji = async () => (await page(operator)).nodes.find((node) => node.name === 'dengji');
  await test('a node that did not answer is named, and is no longer when it has answered again', async () => {
    const source = city.nodes.dengji;
    await end(source.pid, 'SIGTERM');
    source.pid = 0;
    await system.post('/gate/sj/company-licence', question);
    assert.ok((await dengji()).is_silent);
    assert.ok(whats(await page(operator)).includes('node-silent'));
    await source.startAgain();
    await system.post('/gate/sj/company-licence', question);
    assert.ok((await dengji()).has_answered);
    assert.ok(!whats(await page(operator)).includes('node-silent'));
  });
}

async function others(city) {
  await test('a steward and an officer do not run the node: 403 and an act', async () => {
    for (const login of ['wenren', 'ouyang', 'xiahou']) {
      const person = await Person.signIn(city, login);
      const before = await city.portal.acts();
      assert.equal((await person.get('/operator')).status, 403, login);
      assert.equal((await person.post('/operator/backup', {})).status, 403, login);
      assert.equal(await city.portal.acts(), before + 2);
    }
  });
}

export async function operators(city) {
  const operator = await Person.signIn(city, 'yuwen');
  await glance(city, operator);
  await silentNode(city, operator);
  await backups(city, operator);
  await others(city);
}
