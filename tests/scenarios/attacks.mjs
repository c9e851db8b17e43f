// Each layer of defence attacked with those before it passed: a good session, a good role, a good token, and one thing that is not.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import net from 'node:net';
import tls from 'node:tls';
import { root } from './lib/city.mjs';
import { ask, raw } from './lib/http.mjs';
import { Person, item, newKey, picture } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const html = 'text/html,application/xhtml+xml';
const cookieOf = (person) => `zt=${person.token}`;
const csrfOf = (person) => ({ csrf: person.csrf });
const setCookies = (got) => [got.headers['set-cookie'] ?? []].flat();

async function isRefused(promise, status, type) {
  const got = await promise;
  assert.equal(got.status, status, got.text.slice(0, 300));
  if (type) assert.equal(got.json.type, `/problems/${type}`);
  return got;
}

// --- sessions --------------------------------------------------------------------------------------

async function sessions(city) {
  const { port } = city.portal;
  const lu = await Person.signIn(city, 'lu');
  await test('a session of one node opens nothing on the others, by cookie or by bearer', async () => {
    assert.equal((await lu.get('/cases')).status, 200);
    for (const name of Object.keys(city.nodes).filter((each) => each !== 'yunxi')) {
      const other = city.nodes[name].port;
      await isRefused(ask(other, '/cases', { token: lu.token }), 401, 'sign-in');
      await isRefused(ask(other, '/cases', { cookie: cookieOf(lu) }), 401, 'sign-in');
      assert.equal((await ask(other, '/session', { token: lu.token })).json.signed_in, false);
    }
  });
  await test('a cookie that an attacker fixed beforehand is worth nothing after the sign-in', async () => {
    const fixed = 'A'.repeat(43);
    const got = await ask(port, '/sign-in/demo', { cookie: `zt=${fixed}`, form: { account: 'lu' } });
    const [given] = setCookies(got).map((line) => /^zt=([^;]+)/.exec(line)?.[1]);
    assert.ok(given && given !== fixed);
    await isRefused(ask(port, '/cases', { cookie: `zt=${fixed}` }), 401);
    assert.equal((await ask(port, '/cases', { cookie: `zt=${given}` })).status, 200);
  });
  await test('nor does signing in over somebody\'s session go on with it', async () => {
    const mine = await Person.signIn(city, 'lu');
    const got = await ask(port, '/sign-in/demo', { cookie: cookieOf(mine), form: { account: 'gu' } });
    assert.equal(setCookies(got).length, 1);
    assert.ok(!setCookies(got)[0].includes(mine.token));
    assert.equal((await ask(port, '/session', { cookie: cookieOf(mine) })).json.name, (await mine.get('/session')).json.name);
  });
  await test('another site cannot sign a visitor in, and gets no cookie set', async () => {
    for (const headers of [{ Origin: 'https://else.invalid' }, { Origin: 'null' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
      for (const [path, form] of [['/sign-in/demo', { account: 'lu' }], ['/sign-in', { login: 'lu', password: 'x' }]]) {
        const got = await isRefused(ask(port, path, { form, headers }), 403, 'cross-site');
        assert.deepEqual(setCookies(got), []);
      }
    }
  });
  await test('the session\'s cookie is for this site, not for scripts, and goes at the sign-out', async () => {
    const got = await ask(port, '/sign-in/demo', { form: { account: 'lu' }, accept: html });
    assert.match(setCookies(got)[0], /^zt=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
    const out = await lu.post('/sign-out', {});
    assert.match(setCookies(out)[0], /^zt=; Path=\/; Max-Age=0;/);
  });
}

// --- forged requests -----------------------------------------------------------------------------

async function forged(city, told) {
  const { port } = city.portal;
  const ouyang = await Person.signIn(city, 'ouyang');
  const yuwen = await Person.signIn(city, 'yuwen');
  const part = `/desk/${told.case_no}-1`;
  const posts = [
    [ouyang, `${part}/accept`, {}], [ouyang, `${part}/supplement`, { what: '再来一张' }],
    [ouyang, `${part}/decide`, { result: 'grant', power: '990100-XK-0131' }], [yuwen, '/operator/backup', {}],
    [ouyang, '/sign-out', {}], [ouyang, '/sign-out/everywhere', {}],
  ];
  for (const [person, path, form] of posts) {
    await test(`POST ${path.replace(told.case_no, '{case_no}')} with a good cookie: not without the token, not with another's, not from another site`, async () => {
      const cookie = cookieOf(person);
      await isRefused(ask(port, path, { cookie, form }), 403, 'form-too-old');
      const other = person === ouyang ? yuwen : ouyang;
      await isRefused(ask(port, path, { cookie, form: { ...form, ...csrfOf(other) } }), 403, 'form-too-old');
      await isRefused(ask(port, path, { cookie, form: { ...form, csrf: person.token } }), 403, 'form-too-old');
      const headers = { Origin: 'https://else.invalid' };
      await isRefused(ask(port, path, { cookie, form: { ...form, ...csrfOf(person) }, headers }), 403, 'cross-site');
    });
  }
  await test('a body that calls itself text is not read as a form or as JSON, whatever is in it', async () => {
    for (const type of ['text/plain', 'text/plain; x=application/json', 'application/json-patch+json', 'multipart/form-data; boundary=x', 'text/html']) {
      for (const body of [JSON.stringify(csrfOf(ouyang)), `csrf=${ouyang.csrf}`]) {
        await isRefused(ask(port, '/sign-out', { cookie: cookieOf(ouyang), body: Buffer.from(body), headers: { 'Content-Type': type } }), 415);
      }
    }
  });
  await test('no field turns one method into another', async () => {
    for (const name of ['X-HTTP-Method-Override', 'X-Method-Override', 'X-HTTP-Method']) {
      const got = await ask(port, '/sign-out', { cookie: cookieOf(ouyang), headers: { [name]: 'POST' } });
      assert.equal(got.status, 405);
      assert.equal(got.headers.allow, 'POST');
    }
    await isRefused(raw(port, Buffer.from('TRACE / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n')), 405);
  });
  await test('after all this both are still signed in', async () => {
    assert.equal((await ouyang.get('/desk')).status, 200);
    assert.equal((await yuwen.get('/session')).json.signed_in, true);
  });
}

// --- powers ------------------------------------------------------------------------------------------

async function powers(city) {
  const shen = await Person.signIn(city, 'shen');
  const number = await shen.open();
  const path = `/desk/${number}-1`;
  const ouyang = await Person.signIn(city, 'ouyang');
  const dongfang = await Person.signIn(city, 'dongfang');
  const decide = (person, power, key = newKey()) => person.post(`${path}/decide`, { result: 'grant', reason: '好', power }, { key });
  await test('the right organisation without the power: sees and accepts, but does not decide, and that is an act', async () => {
    await dongfang.must(dongfang.get(path), 200);
    await dongfang.must(dongfang.post(`${path}/accept`, {}), 200);
    const before = await city.portal.acts();
    await isRefused(decide(dongfang, '990100-XK-0131'), 403, 'power-missing'); // it ran out at the end of 2025
    assert.equal(await city.portal.acts(), before + 1);
    assert.equal((await ask(city.portal.port, '/log')).json.acts[0].kind, 'denied');
  });
  await test('the right officer under a power of another organisation, or none: refused', async () => {
    for (const power of ['990100-XK-0219', '990100-XK-9999', '', '990100-xk-0131', '990100-XK-013%', "' OR '1'='1"]) {
      const got = await decide(ouyang, power);
      assert.ok(got.status === 403 || got.status === 422, `${power}: ${got.status} ${got.text.slice(0, 200)}`);
    }
  });
  await test('a key that an officer used opens nothing for another account', async () => {
    const key = newKey();
    const mine = await decide(ouyang, '990100-XK-0131', key);
    for (const login of ['murong', 'zhuge']) {
      const other = await Person.signIn(city, login);
      const got = await decide(other, '990100-XK-0131', key);
      assert.equal(got.status, 403, got.text.slice(0, 200));
      assert.notEqual(got.text, mine.text);
    }
    await isRefused(decide(shen, '990100-XK-0131', key), 403, 'other-role');
  });
}

// --- where answers lead -------------------------------------------------------------------------

const elsewhere = [
  'https://else.invalid', '//else.invalid', '/\\else.invalid', '\\\\else.invalid', '/\t/else.invalid', 'javascript:alert(1)',
  '/%0d%0aSet-Cookie: zt=planted', '/\r\nSet-Cookie: zt=planted', '/\nX-Planted: 1', ' //else.invalid', 'else.invalid', '/sign-in',
  '/a\\b', '/\u2028x y',
];

function staysHere(got) {
  const { location } = got.headers;
  assert.equal(setCookies(got).filter((line) => /planted/.test(line)).length, 0);
  assert.equal(got.headers['x-planted'], undefined);
  if (location === undefined) return;
  assert.match(location, /^\/(?![/\\])/, location);
  assert.equal(new URL(location, 'http://here.invalid').host, 'here.invalid', location);
}

async function redirects(city) {
  const { port } = city.portal;
  for (const to of elsewhere) {
    await test(`signing in leads to no other place than ours: ${JSON.stringify(to)}`, async () => {
      for (const accept of [html, 'application/json']) {
        const got = await ask(port, '/sign-in/demo', { form: { account: 'lu', next: to }, accept });
        assert.ok(got.status === 303 || got.status === 200, got.text.slice(0, 200));
        staysHere(got);
        assert.notEqual(got.headers.location, '/sign-in');
      }
      staysHere(await ask(port, `/preferences?lang=zh&back=${encodeURIComponent(to)}`, { accept: html }));
      const page = await ask(port, `/sign-in?next=${encodeURIComponent(to)}`, { accept: html });
      assert.ok(!page.text.includes('else.invalid') && !page.text.includes('javascript:'), 'the page repeats it');
    });
  }
  await test('what people choose cannot carry a field or another cookie', async () => {
    for (const value of ['en%0d%0aSet-Cookie:%20zt=planted', 'en;%20Domain=else.invalid', 'elder%0aX-Planted:%201']) {
      const got = await ask(port, `/preferences?lang=${value}&theme=${value}&back=/`, { accept: html });
      staysHere(got);
      assert.deepEqual(setCookies(got), []);
    }
  });
  await test('the name of another host gets into no answer', async () => {
    for (const path of ['/', '/cases', '/openapi.json', '/nowhere', '/log']) {
      const got = await raw(port, Buffer.from(`GET ${path} HTTP/1.1\r\nHost: else.invalid\r\nX-Forwarded-Host: else.invalid\r\nAccept: text/html\r\n\r\n`));
      assert.ok(!got.head.includes('else.invalid') && !got.text.includes('else.invalid'), path);
    }
  });
}

// --- text that wants to be more than text ---------------------------------------------------------

const markup = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>{{csrf}}{{{csrf}}}';

function isOnlyText(got) {
  assert.equal(got.status, 200, got.text.slice(0, 200));
  const at = /<script|<img src=x|["']><img/.exec(got.text);
  assert.equal(at, null, at && got.text.slice(at.index - 200, at.index + 100));
  assert.ok(!/<style|javascript:/.test(got.text));
}

async function pages(city) {
  const { port } = city.portal;
  const shen = await Person.signIn(city, 'shen');
  const ouyang = await Person.signIn(city, 'ouyang');
  let number;
  await test('names of people and files that are markup are shown as they were written, to citizen and officer', async () => {
    await shen.fill();
    await shen.save('staff', { staff_names: markup, health: 'yes' });
    await shen.addPlan(picture(`attack-${process.pid}`), '><img src=x onerror=alert(1)>.png');
    for (const path of [`/apply/${shen.draft}/staff`, `/apply/${shen.draft}/papers`, `/apply/${shen.draft}/check`]) {
      isOnlyText(await shen.get(path, { accept: html }));
    }
    number = (await shen.must(shen.submit(), 201)).case_no;
    for (const path of [`/cases/${number}`, `/cases/${number}/application`, '/cases', '/readers']) {
      isOnlyText(await shen.get(path, { accept: html }));
    }
    const application = await shen.get(`/cases/${number}/application`, { accept: html });
    assert.ok(application.text.includes('&lt;script&gt;alert(1)') && application.text.includes('{{csrf}}'), 'it is there, as text');
    isOnlyText(await ouyang.get(`/desk/${number}-1`, { accept: html }));
    isOnlyText(await ouyang.get('/desk', { accept: html }));
    const desk = await ouyang.get(`/desk/${number}-1`);
    assert.ok(JSON.stringify(desk.json).includes('<script>'), 'nothing was taken away from it either');
  });
  await test('a question that is markup comes back as text', async () => {
    const wish = { accept: html };
    isOnlyText(await ask(port, `/search?q=${encodeURIComponent(markup)}`, wish));
    isOnlyText(await ask(port, `/sign-in?next=${encodeURIComponent(`/${markup}`)}`, wish));
    for (const path of [`/items/${encodeURIComponent(markup)}`, `/regions/${encodeURIComponent(markup)}`]) {
      const got = await ask(port, path, wish);
      assert.equal(got.status, 404);
      assert.ok(!/<script|<img/.test(got.text));
    }
  });
  await test('a file is not taken for a page, and by no name but its own from its own case', async () => {
    const { evidence } = await shen.must(ouyang.get(`/desk/${number}-1`), 200);
    const { url } = evidence.find((file) => file.name.endsWith('onerror=alert(1)>.png'));
    const got = await ouyang.get(url);
    assert.equal(got.status, 200);
    assert.equal(got.headers['content-type'], 'image/png');
    assert.equal(got.headers['x-content-type-options'], 'nosniff');
    assert.match(got.headers['content-security-policy'], /default-src 'none'; sandbox/);
    assert.match(got.headers['cache-control'], /no-store/);
    const folder = url.slice(0, url.lastIndexOf('/'));
    const name = url.slice(url.lastIndexOf('/') + 1);
    for (const other of [name.slice(1), name.slice(-1), name.toUpperCase(), `materials%2f${name}`, '..%2f..%2f..%2fnode.db', `.%2f${name}`, `${name}%20`, `${name}.png`]) {
      assert.equal((await ouyang.get(`${folder}/${other}`)).status, 404, other);
    }
  });
}

const sql = ['\'', '\' OR \'1\'=\'1', '\'; DROP TABLE act; --', '1) UNION SELECT password FROM account --', '%', '_', '\\', '$1', '?1', '" OR ""="'];

async function statements(city) {
  const { port } = city.portal;
  const shen = await Person.signIn(city, 'shen');
  await test('what looks like SQL is a name that nobody has', async () => {
    const before = await city.portal.acts();
    for (const text of sql) {
      const q = encodeURIComponent(text);
      for (const path of [`/items/${q}`, `/certificates/${q}`, `/regions/${q}`, `/cases/${q}`, `/drafts/${q}`, `/receipts/${q}`, `/progress?code=${q}`]) {
        const got = await shen.get(path);
        assert.equal(got.status, 404, `${path}: ${got.status} ${got.text.slice(0, 200)}`);
      }
      assert.equal((await shen.get(`/search?q=${q}`)).status, 200);
      for (const path of [`/cases?after=${q}`, `/catalogue?after=${q}`, `/regions?after=${q}`, `/log?before=${q}`]) {
        const got = await shen.get(path);
        assert.ok(got.status === 200 || got.status === 400, `${path}: ${got.status}`);
      }
      await isRefused(ask(port, '/cases', { cookie: `zt=${encodeURIComponent(text)}` }), 401);
      await isRefused(ask(port, '/cases', { token: text }), 401);
    }
    assert.equal(await city.portal.acts(), before);
  });
  await test('after it everything is where it was', async () => {
    assert.equal((await shen.get('/cases')).status, 200);
    assert.equal((await ask(port, `/items/${item}`)).status, 200);
  });
}

async function broken(city) {
  const { port } = city.portal;
  const before = city.portal.processes();
  await test('an address that decodes to no text is not found, and ends nothing', async () => {
    for (const path of ['/items/%e4', '/items/%ff%fe', '/cases/%c0%af', '/desk/%f0%9f', '/log/%e4%b8', '/static/%80', '/regions/%ed%a0%80', '/apply/%E4/%E4']) {
      const got = await ask(port, path);
      assert.equal(got.status, 404, path);
    }
    const shen = await Person.signIn(city, 'shen');
    await shen.begin();
    for (const name of ['plan\xE4', 'plan"; filename="\xE4\xB8']) {
      const body = Buffer.from(`--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n1\r\n--x--\r\n`, 'latin1');
      const got = await shen.get(`/apply/${shen.draft}/papers`, { method: 'POST', body, headers: { 'Content-Type': 'multipart/form-data; boundary=x' } });
      assert.equal(got.status, 400, got.text.slice(0, 200));
    }
    for (const key of ['\xE4\xB8', '\x80']) {
      const got = await shen.post(`/apply/${shen.draft}/submit`, { declare: 'yes' }, { headers: { 'Idempotency-Key': key } });
      assert.equal(got.status, 400, got.text.slice(0, 200));
    }
  });
  await test('the very same worker and signer are at work', () => assert.deepEqual(city.portal.processes(), before));
}

// --- fields of answers ------------------------------------------------------------------------------

async function answers(city, told) {
  const { port } = city.portal;
  const shen = await Person.signIn(city, 'shen');
  await test('every page says that nothing foreign may run in it, frame it, or keep it', async () => {
    const mine = [`/cases/${told.case_no}`, '/cases', '/readers'];
    for (const path of ['/', '/search?q=x', '/sign-in', '/log', '/catalogue', '/regions', '/nowhere', '/session', '/openapi.json', ...mine]) {
      for (const accept of [html, 'application/json']) {
        const { headers } = await shen.get(path, { accept });
        const policy = headers['content-security-policy'] ?? '';
        assert.match(policy, /default-src 'none'/, path);
        assert.match(policy, /frame-ancestors 'none'/, path);
        assert.match(policy, /base-uri 'none'/, path);
        assert.match(policy, /form-action 'self'/, path);
        assert.ok(!/unsafe|script-src|\*/.test(policy), policy);
        assert.equal(headers['x-content-type-options'], 'nosniff', path);
        assert.equal(headers['referrer-policy'], 'same-origin', path);
        assert.equal(headers['cache-control'], 'no-store', path);
        assert.match(headers.vary, /Cookie/, path);
        assert.equal(headers['access-control-allow-origin'], undefined, path);
        assert.equal(headers.server, undefined, path);
      }
    }
  });
  await test('files for everybody cannot be taken for something else, and only the log may be read from anywhere', async () => {
    const css = await ask(port, '/static/site.css');
    assert.equal(css.headers['content-type'], 'text/css; charset=utf-8');
    assert.equal(css.headers['x-content-type-options'], 'nosniff');
    assert.equal(css.headers['access-control-allow-origin'], undefined);
    const log = await ask(port, '/log/checkpoint');
    assert.equal(log.headers['x-content-type-options'], 'nosniff');
    assert.equal(log.headers['access-control-allow-origin'], '*');
    assert.equal((await ask(port, '/metrics')).headers['x-content-type-options'], 'nosniff');
  });
}

// --- doors between nodes ------------------------------------------------------------------------------

function tryTls(port, options = {}) {
  return new Promise((resolve) => {
    let text = '';
    const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => {
      socket.write('GET /session HTTP/1.1\r\nHost: x\r\n\r\n');
    });
    socket.on('data', (bytes) => { text += bytes; socket.end(); });
    socket.once('error', (error) => resolve({ error: error.code ?? error.message, text }));
    socket.once('close', () => resolve({ text }));
    socket.setTimeout(8000, () => socket.destroy(new Error('nothing came')));
  });
}

function tryPlain(port) {
  return new Promise((resolve) => {
    let text = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write('POST /exchange/yl/person HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'));
    socket.on('data', (bytes) => { text += bytes; });
    socket.once('error', () => resolve(text));
    socket.once('close', () => resolve(text));
    socket.setTimeout(8000, () => socket.destroy());
  });
}

async function doors(city) {
  const node = city.nodes.yunlan;
  const port = Number(/^exchange_port = (\d+)$/m.exec(readFileSync(join(root, node.config), 'utf8'))[1]);
  await test('the port for nodes answers nobody without a certificate, in no older TLS, and in no plain text', async () => {
    for (const options of [{}, { maxVersion: 'TLSv1.2' }]) {
      const got = await tryTls(port, options);
      assert.ok(!got.text.includes('HTTP/1.1'), got.text);
    }
    assert.ok(!(await tryPlain(port)).includes('HTTP/1.1 2'));
  });
  await test('the public port has no door for nodes', async () => {
    await isRefused(ask(node.port, '/exchange/yl/person', { json: {} }), 404);
    await isRefused(ask(node.port, '/exchange/yl/person', { json: {}, headers: { 'X-Client-Cert': 'yunxi', 'X-Peer-Fingerprint': '0'.repeat(64) } }), 404);
  });
  await test('an information system\'s gate is for its own session only', async () => {
    const shen = await Person.signIn(city, 'shen');
    await isRefused(ask(city.portal.port, '/gate/yl/person', { json: {} }), 401);
    await isRefused(shen.post('/gate/yl/person', {}), 403, 'other-role');
  });
}

// --- guessing ------------------------------------------------------------------------------------------

// Last, because it locks an account that nothing else needs.
async function guesses(city) {
  const { port } = city.portal;
  const guess = (login, i, accept) => ask(port, '/sign-in', { form: { login, password: `guess ${i}` }, headers: { 'X-Forwarded-For': `203.0.113.${i}` }, accept });
  const told = (got) => ({ status: got.status, type: got.json?.type, title: got.json?.title, detail: got.json?.detail });
  await test('an unknown name is answered just as a wrong password', async () => {
    const known = await guess('dongfang', 1);
    const unknown = await guess('nobody-of-that-name', 1);
    assert.equal(known.status, 401);
    assert.deepEqual(told(known), told(unknown));
    assert.deepEqual(Object.keys(known.headers), Object.keys(unknown.headers));
    assert.deepEqual(setCookies(known), []);
  });
  for (const [who, login] of [['somebody', 'dongfang'], ['nobody', 'nobody-of-that-name']]) {
    await test(`many guesses at once under the name of ${who} are counted one by one, whatever address they claim to come from`, async () => {
      const got = await Promise.all(Array.from({ length: 12 }, (_, i) => guess(login, i + 2)));
      assert.equal(got.filter((each) => each.status === 401).length, 4, got.map((each) => each.status).join(' '));
      assert.equal(got.filter((each) => each.status === 429).length, 8);
      await isRefused(guess(login, 99), 429, 'locked');
    });
  }
}

export async function attacks(city, told) {
  await sessions(city);
  await forged(city, told);
  await powers(city);
  await redirects(city);
  await pages(city);
  await statements(city);
  await broken(city);
  await answers(city, told);
  await doors(city);
  await guesses(city);
}
