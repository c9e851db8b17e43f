// Files that are too large, of a wrong type, or too many: told beside the field, with everything else of the form kept.
import { strict as assert } from 'node:assert';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { root, run } from './lib/city.mjs';
import { Person, fieldOf, picture } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const mb = 1 << 20;

// Zeroes after the first bytes of a picture.
function largePicture(bytes) {
  return Buffer.concat([picture(), Buffer.alloc(bytes)]);
}

function files(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

const materials = (city) => files(`${city.folder}/yunxi/data/materials`);
const kept = (city) => materials(city).length;

// {status, json} of the papers section sent with these files; the promise goes along each time.
async function send(person, files) {
  const { revision } = await person.section('papers');
  const parts = [{ name: 'revision', text: String(revision) }, ...files.map(([file, bytes]) => ({ name: 'plan', file, bytes })), { name: 'promise', text: 'yes' }];
  return person.upload(`/apply/${person.draft}/papers`, parts);
}

async function promised(person) {
  return fieldOf(await person.section('papers'), 'promise');
}

function saysOfPlan(got, words) {
  assert.equal(got.status, 422, got.text.slice(0, 300));
  const error = got.json.errors?.list?.find((entry) => entry.field === 'plan') ?? fieldOf(got.json, 'plan');
  assert.match(JSON.stringify(error), words);
}

// What an officer gets of a large file, and what of one that was changed or cut on the disk.
async function largeFiles(city) {
  const [shen, ouyang] = [await Person.signIn(city, 'shen'), await Person.signIn(city, 'ouyang')];
  const large = Buffer.concat([picture(), randomBytes(9 * mb)]);
  const before = new Set(materials(city));
  await shen.fill();
  await shen.addPlan(large, 'large.png');
  const { case_no: number } = await shen.must(shen.submit(), 201);
  const { evidence } = await ouyang.must(ouyang.get(`/desk/${number}-1`), 200);
  const { url } = evidence.find((file) => file.name === 'large.png');
  const path = materials(city).find((each) => !before.has(each) && statSync(each).size > large.length);
  const sealed = readFileSync(path);
  await test('nine megabytes come back as they were sent', async () => {
    const got = await ouyang.get(url);
    assert.equal(got.status, 200);
    assert.ok(got.bytes.equals(large));
  });
  await test('a byte changed in the last chunk: the answer breaks off, and is never whole', async () => {
    const changed = Buffer.from(sealed);
    changed[changed.length - 20] ^= 1;
    writeFileSync(path, changed);
    const got = await ouyang.get(url).catch((error) => error);
    assert.ok(got instanceof Error, `${got.status} with ${got.bytes?.length} bytes`);
  });
  await test('a file that was cut is not begun with', async () => {
    writeFileSync(path, sealed.subarray(0, sealed.length - 70000));
    const got = await ouyang.get(url);
    assert.equal(got.status, 500);
    assert.ok(got.json.reference);
    writeFileSync(path, sealed);
    assert.equal((await ouyang.get(url)).status, 200);
  });
}

// The running node is copied by its operator; another folder gets its configuration, its keys and nothing else.
async function restores(city) {
  const again = `${city.folder}/again`;
  const config = join(root, again, 'node.conf');
  let backup;
  await test('a backup of the running node carries its files', async () => {
    const yuwen = await Person.signIn(city, 'yuwen');
    backup = await yuwen.must(yuwen.post('/operator/backup', {}), 201);
    assert.ok(backup.materials >= 3, JSON.stringify(backup));
    assert.equal(files(relative(root, resolve(root, `${backup.file}.materials`))).length, backup.materials);
  });
  await test('a node restored from it has them, and refuses to be restored over', async () => {
    rmSync(join(root, again), { recursive: true, force: true });
    cpSync(join(root, city.folder, 'yunxi/keys'), join(root, again, 'keys'), { recursive: true });
    writeFileSync(config, readFileSync(join(root, city.portal.config)));
    const got = await run(['restore', '--config', config, '--from', backup.file]);
    assert.equal(got.code, 0, got.err);
    assert.equal(JSON.parse(got.out).materials, backup.materials);
    assert.equal(files(`${again}/data/materials`).length, backup.materials);
    const over = await run(['restore', '--config', config, '--from', backup.file]);
    assert.notEqual(over.code, 0);
  });
  await test('the restored node, which does not run, is backed up from the command line', async () => {
    const copy = join(root, again, 'copy.db');
    const got = await run(['backup', '--config', config, '--to', copy]);
    assert.equal(got.code, 0, got.err);
    assert.equal(JSON.parse(got.out).materials, backup.materials);
    assert.equal(files(`${again}/copy.db.materials`).length, backup.materials);
  });
  await test('a backup with one byte of one file turned over is not restored', async () => {
    const [path] = files(relative(root, resolve(root, `${backup.file}.materials`)));
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    rmSync(join(root, again, 'data'), { recursive: true });
    const got = await run(['restore', '--config', config, '--from', backup.file]);
    assert.notEqual(got.code, 0, got.out);
    assert.ok(!existsSync(join(root, again, 'data/node.db')));
  });
}

export async function uploads(city) {
  const gu = await Person.signIn(city, 'gu');
  await gu.begin();
  const before = kept(city);
  await test('a picture of 14 MB: the form says that it is too large, and the promise beside it is kept', async () => {
    saysOfPlan(await send(gu, [['large.png', largePicture(14 * mb)]]), /large\.png.*10 MB/);
    assert.equal((await promised(gu)).value, true);
  });
  await test('a program that calls itself a picture is found out by its content', async () => {
    saysOfPlan(await send(gu, [['plan.png', Buffer.from('\x7fELF\x02\x01\x01 and more')]]), /plan\.png/);
  });
  await test('a page that calls itself a PDF is found out by its content', async () => {
    saysOfPlan(await send(gu, [['plan.pdf', Buffer.from('<!doctype html><script>1</script>')]]), /plan\.pdf/);
  });
  await test('40 MB in one form are refused with 413', async () => {
    const got = await send(gu, Array.from({ length: 4 }, (_, i) => [`${i}.png`, largePicture(10 * mb - 4096)])).catch((error) => error);
    assert.equal(got.status, 413, String(got.text ?? got).slice(0, 300));
    assert.ok(got.json.type && got.json.reference);
  });
  await test('a file that an answer beside it asks for is kept, if both come at the same time', async () => {
    const fang = await Person.signIn(city, 'fang');
    fang.draft = (await fang.must(fang.get('/items/000801001001/apply'), 200)).draft;
    const { revision } = await fang.section('kind');
    const answers = { revision: String(revision), kind: 'first', ground: 'job', address: '潮生路 8 号', delivery: 'hall' };
    const got = await fang.upload(`/apply/${fang.draft}/kind`, [...Object.entries(answers).map(([name, text]) => ({ name, text })), { name: 'photo', file: 'photo.png', bytes: picture() }]);
    assert.equal(got.status, 200, JSON.stringify(got.json.errors?.list));
    assert.equal(fieldOf(await fang.section('kind'), 'photo').files.length, 1);
  });
  await test('nothing of the refused files is left in the store of materials', () => assert.equal(kept(city), before));
  await test('three files are kept, the fourth is told apart by name', async () => {
    const three = ['1', '2', '3'].map((n) => [`${n}.png`, picture(`${process.pid}-${n}`)]);
    assert.equal((await send(gu, three)).status, 200);
    saysOfPlan(await send(gu, [['4.png', picture(`${process.pid}-4`)]]), /4\.png/);
  });
  await test('a file can only be sent, not named: a JSON document that claims one leaves the files as they were', async () => {
    const { revision, ...seen } = await gu.section('papers');
    const claim = [{ name: 'x.png', sha256: 'ab'.repeat(32), type: 'image/png', bytes: 70 }];
    await gu.post(`/apply/${gu.draft}/papers`, { promise: 'yes', revision, plan: claim });
    assert.deepEqual(fieldOf(await gu.section('papers'), 'plan').files, fieldOf(seen, 'plan').files);
  });
  await test('no file on the disk looks like what was uploaded, or is named by its digest', () => {
    const plain = picture(`${process.pid}-1`);
    for (const path of materials(city)) {
      assert.ok(!readFileSync(path).includes(plain.subarray(0, 32)), path);
      assert.ok(!path.endsWith(createHash('sha256').update(plain).digest('hex')), path);
    }
  });
  await largeFiles(city);
  await restores(city);
  await test('a form whose parts break off is refused', async () => {
    const got = await gu.get(`/apply/${gu.draft}/papers`, {
      method: 'POST', body: Buffer.from('--cut\r\nContent-Disposition: form-data; name="promise"\r\n\r\nyes'),
      headers: { 'Content-Type': 'multipart/form-data; boundary=cut' },
    });
    assert.equal(got.status, 400, got.text.slice(0, 200));
    assert.ok(got.json.reference);
  });
  await test('a form without its boundary is refused', async () => {
    const got = await gu.get(`/apply/${gu.draft}/papers`, {
      method: 'POST', body: Buffer.from('--x--\r\n'), headers: { 'Content-Type': 'multipart/form-data' },
    });
    assert.ok(got.status === 400 || got.status === 415, got.text.slice(0, 200));
    assert.ok(got.json.reference);
  });
}
