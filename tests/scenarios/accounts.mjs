// Everybody sees their own account: roles, powers with their law, and where they are signed in; and can end all of it.
import { strict as assert } from 'node:assert';
import { ask } from './lib/http.mjs';
import { Person } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const html = 'text/html';
const account = (person) => person.must(person.get('/account'), 200);

async function browser(city, login) {
  const got = await ask(city.portal.port, '/sign-in/demo', { form: { account: login }, accept: html });
  return got.headers['set-cookie'].map((line) => line.split(';')[0]).join('; ');
}

export async function accounts(city) {
  await test('an officer sees roles, and powers with their legal basis and until when they may be used', async () => {
    const ouyang = await account(await Person.signIn(city, 'ouyang'));
    assert.deepEqual(ouyang.roles.map((role) => role.role), ['officer']);
    assert.deepEqual(ouyang.powers.map((power) => [power.code, power.basis, power.is_valid]), [['990100-XK-0131', '《食品安全法》第三十五条', true]]);
    const dongfang = await account(await Person.signIn(city, 'dongfang'));
    assert.deepEqual(dongfang.powers.map((power) => [power.until, power.is_valid]), [['2025-12-31', false]]);
  });
  await test('each sign-in is one line, this one is marked, and its key stands nowhere', async () => {
    const first = await Person.signIn(city, 'gu');
    const before = (await account(first)).session_count;
    const second = await Person.signIn(city, 'gu');
    const got = await second.get('/account');
    assert.equal(got.json.session_count, before + 1);
    assert.equal(got.json.sessions.filter((session) => session.is_this).length, 1);
    assert.ok(!got.text.includes(second.token));
    await first.post('/sign-out', {});
    assert.equal((await account(second)).session_count, before);
  });
  await test('the button of the page ends every session of the account, and nobody else\'s', async () => {
    const lu = await Person.signIn(city, 'lu');
    const gu = await Person.signIn(city, 'gu');
    const cookie = await browser(city, 'gu');
    const page = (await ask(city.portal.port, '/account', { cookie, accept: html })).text;
    const csrf = /action="\/sign-out\/everywhere">\s*<input type="hidden" name="csrf" value="([^"]+)"/.exec(page)[1];
    const got = await ask(city.portal.port, '/sign-out/everywhere', { cookie, form: { csrf }, accept: html });
    assert.equal(got.status, 303);
    assert.equal((await gu.get('/account')).status, 401);
    await account(lu);
  });
  await test('without signing in there is no account: a browser is led to sign in and back', async () => {
    const got = await ask(city.portal.port, '/account', { accept: html });
    assert.equal(got.status, 303);
    assert.equal(got.headers.location, '/sign-in?next=%2Faccount');
  });
}
