// Files that are too large, of a wrong type, or too many: told beside the field, with everything else of the form kept.
import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/city.mjs';
import { Person, fieldOf, picture } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const mb = 1 << 20;

// Zeroes after the first bytes of a picture.
function largePicture(bytes) {
  return Buffer.concat([picture(), Buffer.alloc(bytes)]);
}

function kept(city) {
  return readdirSync(join(root, city.folder, 'yunxi/data/materials'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).length;
}

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
