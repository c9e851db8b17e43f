// Requests that nobody should send: each gets a clear problem document, and nothing is stored.
import { strict as assert } from 'node:assert';
import { ask, raw } from './lib/http.mjs';
import { Person } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const accept = 'Accept: application/json';
const head = (line, ...fields) => [line, 'Host: x', accept, ...fields, '', ''].join('\r\n');
const long = (n) => 'a'.repeat(n);
const manyFields = Array.from({ length: 300 }, (_, i) => `X-${i}: 1`);

// What cannot be read as HTTP is refused before anybody knows which page was meant; the connection ends.
const malformed = [
  ['bytes that are not HTTP', '\x16\x03\x01\x02\x00\x01\r\n\r\n', 400],
  ['a bare line feed', 'GET / HTTP/1.1\nHost: x\n\n', 400],
  ['another version', 'GET / HTTP/3.0\r\nHost: x\r\n\r\n', 505],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', head('GET / HTTP/1.1', 'Host: y'), 400],
  ['a folded field', head('GET / HTTP/1.1', 'X: a\r\n b'), 400],
  ['a blank before the colon', head('GET / HTTP/1.1', 'X : a'), 400],
  ['a NUL in a field', head('GET / HTTP/1.1', 'X: a\0b'), 400],
  ['a blank in the target', head('GET /a b HTTP/1.1'), 400],
  ['a target of 70,000 bytes', head(`GET /${long(70000)} HTTP/1.1`), 414],
  ['a query of 9,000 bytes', head(`GET /search?q=${long(9000)} HTTP/1.1`), 414],
  ['300 fields', head('GET / HTTP/1.1', ...manyFields), 431],
  ['a field of 200,000 bytes', head('GET / HTTP/1.1', `X: ${long(200000)}`), 431],
  ['a cookie of 100,000 bytes', head('GET / HTTP/1.1', `Cookie: zt=${long(100000)}`), 431],
  ['both lengths', head('POST /log HTTP/1.1', 'Transfer-Encoding: chunked', 'Content-Length: 3') + '0\r\n\r\n', 400],
  ['two different lengths', head('POST /log HTTP/1.1', 'Content-Length: 1', 'Content-Length: 2') + '{}', 400],
  ['a negative length', head('POST /log HTTP/1.1', 'Content-Length: -1'), 400],
  ['a chunk that is no number', head('POST /log HTTP/1.1', 'Content-Type: application/json', 'Transfer-Encoding: chunked') + 'zz\r\n', 400],
  ['a broken escape in the path', head('GET /items/%zz HTTP/1.1'), 400],
  ['a NUL in the path', head('GET /items/%00 HTTP/1.1'), 400],
  ['a broken escape in the query', head('GET /search?q=%zz HTTP/1.1'), 400],
];

// What reads as HTTP but asks for something that is not there, or in a way that is not allowed.
const refused = [
  ['a path upwards out of /static', 'GET /static/../keys/signing.json', 404],
  ['the same in escapes', 'GET /static/%2e%2e/%2e%2e/etc/passwd', 404],
  ['the same with an escaped slash', 'GET /static/..%2f..%2fdemo.key', 404],
  ['a path upwards out of the log', 'GET /log/tile/../../node.db', 404],
  ['the same in escapes', 'GET /log/%2e%2e%2f%2e%2e%2fnode.conf', 404],
  ['a tile that is not there', 'GET /log/tile/0/x999/999', 404],
  ['an absolute path below the log', 'GET /log//etc/passwd', 404],
  ['a path of nowhere', 'GET /nowhere', 404],
  ['an item that does not exist', 'GET /items/0', 404],
  ['a certificate that does not exist', 'GET /certificates/none', 404],
  ['a receipt that is no number', 'GET /receipts/one.json', 404],
  ['a query that is not UTF-8', 'GET /search?q=%ff%fe', 400],
  ['a method that the page has not', 'DELETE /items', 405],
  ['an invented method', 'BREW /', 405],
  ['a page that is only read', 'POST /search', 405],
  ['a one-click sign-in without its key', 'GET /sign-in/demo?account=shen', 404],
  ['a one-click sign-in with another key', 'GET /sign-in/demo?account=shen&key=guess', 404],
];

const cookies = [
  ['nothing of sense', 'zt=%%%;;;=; zt'], ['a token of somebody who never was', `zt=${long(43)}`], ['two tokens', 'zt=a; zt=b'],
  ['quotes and blanks', 'zt="a b"; =; ;;'], ['no UTF-8', 'zt=\xff\xfe'],
];

const bodies = [
  ['half a JSON document', 'application/json', '{"receipt":', 400],
  ['a JSON document twice', 'application/json', '{} {}', 400],
  ['the same name twice', 'application/json', '{"a":1,"a":2}', 400],
  ['JSON that is no object', 'application/json', '[1]', 400],
  ['JSON of 5,000 levels', 'application/json', `${'['.repeat(5000)}${']'.repeat(5000)}`, 413],
  ['JSON with half a surrogate', 'application/json', '{"receipt":"\\ud800"}', 400],
  ['a form with a broken escape', 'application/x-www-form-urlencoded', 'receipt=%zz', 400],
  ['a form that is not UTF-8', 'application/x-www-form-urlencoded', 'receipt=%ff%fe', 400],
  ['a form of 20,000 fields', 'application/x-www-form-urlencoded', 'a=1&'.repeat(20000), 413],
  ['a type that is not taken here', 'text/plain', 'receipt', 415],
  ['XML', 'application/xml', '<receipt/>', 415],
  ['no type', undefined, 'receipt', 415],
  ['a body that is too large', 'application/json', `{"receipt":"${long(300000)}"}`, 413],
];

// Of the whole house: type, title, status; of a page also a reference, and a sentence that is not the code's own.
function isProblem(got, status, byPage) {
  assert.equal(got.status, status, got.text.slice(0, 200));
  assert.equal(got.type, 'application/problem+json');
  assert.equal(got.json.status, status);
  assert.ok(got.json.type && got.json.title);
  if (byPage) {
    assert.match(got.json.type, /^\/problems\/[a-z0-9-]+$/);
    assert.ok(got.json.reference && got.json.detail, got.text);
  }
}

async function table(name, cases, run) {
  for (const [what, ...rest] of cases) {
    await test(`${name}: ${what}`, () => run(...rest));
  }
}

async function wrongBody(port, type, body, status) {
  const fields = [`Content-Length: ${Buffer.byteLength(body)}`];
  if (type) fields.push(`Content-Type: ${type}`);
  isProblem(await raw(port, Buffer.from(head('POST /log HTTP/1.1', ...fields) + body)), status, true);
}

async function forms(city, shen) {
  const cookie = `zt=${shen.token}`;
  const port = city.portal.port;
  const path = `/apply/${shen.draft}/shop`;
  const before = (await shen.section('shop')).revision;
  const wishes = [
    ['no token of the form', path, { cookie, form: { phone: '15400000827' } }, 'form-too-old'],
    ['somebody else\'s token', path, { cookie, form: { phone: '15400000827', csrf: long(43) } }, 'form-too-old'],
    ['a form of another site', path, { cookie, form: { phone: '15400000827', csrf: shen.csrf }, headers: { Origin: 'https://else.invalid' } }, 'cross-site'],
    ['a form of no site', path, { cookie, form: { phone: '15400000827', csrf: shen.csrf }, headers: { Origin: 'null' } }, 'cross-site'],
    ['a browser that says cross-site', path, { cookie, form: { phone: '15400000827', csrf: shen.csrf }, headers: { 'Sec-Fetch-Site': 'cross-site' } }, 'cross-site'],
    ['a file without a token', `/apply/${shen.draft}/papers`, { cookie, parts: [{ name: 'plan', file: 'a.png', bytes: Buffer.from('\x89PNG') }] }, 'form-too-old'],
    ['a submission without a token', `/apply/${shen.draft}/submit`, { cookie, form: { declare: 'yes' } }, 'form-too-old'],
  ];
  for (const [what, where, wish, type] of wishes) {
    await test(`a cookie and ${what}: refused`, async () => {
      const got = await ask(port, where, wish);
      assert.equal(got.status, 403, got.text.slice(0, 200));
      assert.equal(got.json.type, `/problems/${type}`);
      assert.ok(got.json.reference);
    });
  }
  await test('none of these forms changed the draft', async () => {
    const after = await shen.section('shop');
    assert.equal(after.revision, before);
  });
  await test('with cookie, token and its own origin the form is taken', async () => {
    const got = await ask(port, path, {
      cookie, form: { phone: '15400000826', revision: String(before), csrf: shen.csrf },
      headers: { Origin: `http://127.0.0.1:${port}`, Host: `127.0.0.1:${port}` },
    });
    assert.equal(got.status, 200, got.text.slice(0, 200));
  });
}

export async function input(city) {
  const port = city.portal.port;
  const shen = await Person.signIn(city, 'shen');
  await shen.begin();
  await shen.section('shop');
  const before = await city.portal.acts();
  await table('malformed', malformed, async (bytes, status) => {
    const got = await raw(port, Buffer.from(bytes, 'latin1'));
    isProblem(got, status, false);
    assert.ok(got.closed, 'the connection stays open');
  });
  await table('refused', refused, async (line, status) => {
    isProblem(await raw(port, Buffer.from(head(`${line} HTTP/1.1`, ...(line.startsWith('POST') ? ['Content-Length: 0'] : [])))), status, true);
  });
  await table('a cookie with', cookies, async (value) => {
    isProblem(await raw(port, Buffer.from(head('GET /cases HTTP/1.1', `Cookie: ${value}`), 'latin1')), 401, true);
    const home = await raw(port, Buffer.from(head('GET / HTTP/1.1', `Cookie: ${value}`), 'latin1'));
    assert.equal(home.status, 200, 'an old cookie is no reason to refuse the home page');
  });
  await table('a body of', bodies, (type, body, status) => wrongBody(port, type, body, status));
  await test('a browser gets its problem as a page with the same reference words', async () => {
    const got = await ask(port, '/nowhere', { accept: 'text/html' });
    assert.equal(got.status, 404);
    assert.match(got.headers['content-type'], /^text\/html/);
    assert.match(got.text, /没有这一页/);
  });
  await test('none of this is an act', async () => assert.equal(await city.portal.acts(), before));
  await forms(city, shen);
}
