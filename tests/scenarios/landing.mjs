// Whoever signs in comes to a page that opens; so do the link of the name in the head, and every desk that the head shows.
import { strict as assert } from 'node:assert';
import { ask } from './lib/http.mjs';
import { test } from './lib/report.mjs';

const html = 'text/html';
const firstPages = { citizen: '/cases', officer: '/desk', supervisor: '/supervision' };

async function signIn(city, account, next = '') {
  const got = await ask(city.portal.port, '/sign-in/demo', { form: { account, next }, accept: html });
  assert.equal(got.status, 303, got.text.slice(0, 300));
  return { to: got.headers.location, cookie: got.headers['set-cookie'].map((line) => line.split(';')[0]).join('; ') };
}

// Some pages are only ways to another one.
async function opens(city, path, cookie) {
  let got = await ask(city.portal.port, path, { cookie, accept: html });
  for (let i = 0; i < 3 && got.status === 303; i += 1) {
    got = await ask(city.portal.port, got.headers.location, { cookie, accept: html });
  }
  assert.equal(got.status, 200, `${path}: ${got.text.slice(0, 300)}`);
  return got.text;
}

const namesLink = /<a href="([^"]*)"><svg class="i" aria-hidden="true" viewBox="0 0 24 24"><use href="#i-user"\/>/;

function linksOfHead(page) {
  const nav = /<nav class="nav"[^]*?<\/nav>/.exec(page)[0];
  return [...nav.matchAll(/href="([^"]*)"/g)].map((match) => match[1]);
}

export async function landing(city, told) {
  const { json } = await ask(city.portal.port, '/sign-in');
  assert.ok(json.demo.people.length > 10);
  for (const { account, who } of json.demo.people) {
    await test(`${account} (${who}) signs in and comes to a page that opens, as do all desks of its head`, async () => {
      const { to, cookie } = await signIn(city, account);
      const page = await opens(city, to, cookie);
      await opens(city, namesLink.exec(page)[1], cookie);
      for (const link of linksOfHead(page)) await opens(city, link, cookie);
    });
  }
  for (const [account, kind] of [['shen', 'citizen'], ['ouyang', 'officer'], ['xiahou', 'supervisor']]) {
    await test(`the first page of ${kind} ${account} is ${firstPages[kind]}`, async () => {
      assert.equal((await signIn(city, account)).to, firstPages[kind]);
    });
  }
  await test('who came from a page is led back to it, unless it is for somebody else', async () => {
    assert.equal((await signIn(city, 'shen', `/cases/${told.case_no}`)).to, `/cases/${told.case_no}`);
    assert.equal((await signIn(city, 'shen', '/desk?view=done')).to, '/cases');
    assert.equal((await signIn(city, 'ouyang', '/desk?view=done')).to, '/desk?view=done');
    assert.equal((await signIn(city, 'ouyang', '/cases')).to, '/desk');
  });
}
