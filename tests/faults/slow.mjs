// Slow and dead peers: whoever trickles, keeps silent, does not read or comes in crowds costs nobody else their service.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { until } from '../scenarios/lib/city.mjs';
import { raw } from '../scenarios/lib/http.mjs';
import { Person, fieldOf } from '../scenarios/lib/people.mjs';
import { test } from '../scenarios/lib/report.mjs';
import { Crowd } from './lib/crowd.mjs';

const most = { ofOneAddress: 256, inAll: 1024 }; // [listen] connections_per_peer and connections, as they come

const residentMb = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

// A person at another address goes on working, and whoever is new gets in.
async function othersAreServed(shen) {
  for (let i = 0; i < 5; i += 1) {
    await shen.save('place', { area: String(20 + i), fire: 'gas' });
    assert.equal(fieldOf(await shen.section('place'), 'area').value, String(20 + i));
  }
  const got = await raw(shen.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  assert.equal(got.status, 200);
}

async function toldInTheEnd(crowd) {
  await until(async () => crowd.open === 0, 'all are closed', 1000, 50);
  assert.equal(crowd.count((each) => each.status === 408), crowd.callers.length);
}

async function trickledHeads(shen) {
  let crowd;
  await test('250 heads trickle in: others are served', async () => {
    crowd = await Crowd.come(shen.port, '127.0.0.2', 250, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    crowd.trickle();
    await othersAreServed(shen);
    assert.equal(crowd.open, 250);
  });
  await test('each of them is told 408 in the end, although each byte is in time', () => toldInTheEnd(crowd));
}

// Half a minute is theirs, and it passes while the other tests run.
async function trickledBodies(shen) {
  let crowd;
  await test('250 bodies trickle in: others are served', async () => {
    crowd = await Crowd.come(shen.port, '127.0.0.3', 250, 'POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 16000\r\n\r\nlogin=');
    crowd.trickle();
    await othersAreServed(shen);
    assert.equal(crowd.open, 250);
  });
  return crowd;
}

async function silent(city, shen) {
  await test('250 connections say nothing: others are served', async () => {
    const crowd = await Crowd.come(shen.port, '127.0.0.4', 250);
    await othersAreServed(shen);
    await crowd.leave();
  });
  await test('who has asked and closed its half of the connection is answered', async () => {
    const got = await raw(shen.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', { slowly: (socket) => socket.end() });
    assert.equal(got.status, 200);
  });
  await test('100 connections ask for much and read nothing: others are served', async () => {
    const crowd = await Crowd.come(shen.port, '127.0.0.5', 100);
    crowd.stopReading();
    const asks = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200);
    for (const each of crowd.callers) each.socket.write(asks);
    await othersAreServed(shen);
    await crowd.leave();
  });
  await test('250 connections to the port for nodes say nothing: nodes are answered', async () => {
    const crowd = await Crowd.come(city.nodes.dengji.exchangePort, '127.0.0.6', 250);
    const lu = await Person.signIn(city, 'lu');
    await lu.begin();
    const { revision } = await lu.section('shop');
    await lu.must(lu.post(`/apply/${lu.draft}/shop`, { revision, retry: '*' }), 200);
    assert.ok(fieldOf(await lu.section('shop'), 'company_code').source.is_fetched);
    await crowd.leave();
  });
}

async function crowds(shen) {
  await test('more connections of one address than are allowed: the rest hear 503, others are served', async () => {
    const crowd = await Crowd.come(shen.port, '127.0.0.7', most.ofOneAddress + 60);
    await until(async () => crowd.open === most.ofOneAddress, 'the rest is closed', 200, 20);
    const told = crowd.callers.filter((each) => each.isOver && each.status > 0);
    assert.ok(told.length > 0 && told.every((each) => each.status === 503), `${told.length} are told`);
    assert.match(told[0].got.toString(), /problem\+json[\s\S]*\/problems\/unavailable/);
    await othersAreServed(shen);
    await crowd.leave();
  });
  await test('more connections than are allowed in all: who is in goes on, and when they have left, others get in', async () => {
    await shen.get('/');
    const addresses = Array.from({ length: 6 }, (_, i) => `127.0.1.${i + 1}`);
    const all = await Promise.all(addresses.map((address) => Crowd.come(shen.port, address, 200)));
    const open = () => all.reduce((sum, crowd) => sum + crowd.open, 0);
    await until(async () => open() <= most.inAll, 'no more are in than may be', 200, 20);
    assert.equal((await shen.get('/')).status, 200);
    const late = await raw(shen.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.equal(late.status, 503);
    await Promise.all(all.map((crowd) => crowd.leave()));
    await until(async () => (await raw(shen.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).status === 200, 'there is room again', 200, 20);
    await othersAreServed(shen);
  });
}

async function memory(city, shen) {
  await test('crowd after crowd, the memory of the worker does not grow', async () => {
    const { worker } = city.portal.processes();
    const after = [];
    for (let i = 0; i < 5; i += 1) {
      const crowd = await Crowd.come(shen.port, '127.0.0.8', 250, `POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 16000\r\n\r\n${'x'.repeat(15000)}`);
      crowd.trickle();
      await othersAreServed(shen);
      await crowd.leave();
      after.push(residentMb(worker));
    }
    console.log(`   resident after each crowd: ${after.map((mb) => mb.toFixed(1)).join(', ')} MB`);
    assert.ok(after.at(-1) - after[0] < 8, after.join(' '));
    assert.equal(city.portal.processes().worker, worker);
  });
}

// It accepts, and never answers: its kernel does that, while its worker stands still.
async function standstill(city) {
  const shen = await Person.signIn(city, 'shen');
  await shen.open();
  await shen.begin();
  const { worker } = city.nodes.dengji.processes();
  process.kill(worker, 'SIGSTOP');
  try {
    await test('a source that accepts and never answers: the form comes, and names it', async () => {
      const from = performance.now();
      const shop = await shen.section('shop');
      console.log(`   the form came after ${Math.round(performance.now() - from)} ms`);
      const { source } = fieldOf(shop, 'company_code');
      assert.ok(source.is_silent, JSON.stringify(source));
      assert.match(source.problem, /市场监管局没有回应/);
      assert.equal(fieldOf(shop, 'owner_name').value, '沈知遥');
    });
    await test('meanwhile others are served', async () => {
      for (const path of ['/', '/cases', '/log']) assert.equal((await shen.get(path)).status, 200);
    });
  } finally {
    process.kill(worker, 'SIGCONT');
  }
  await test('when it goes on, asking again fetches', async () => {
    await until(async () => {
      const { revision } = await shen.section('shop');
      await shen.must(shen.post(`/apply/${shen.draft}/shop`, { revision, retry: '*' }), 200);
      return fieldOf(await shen.section('shop'), 'company_code').source.is_fetched;
    }, 'the value comes', 50, 100);
    assert.equal(city.nodes.dengji.processes().worker, worker);
  });
}

export async function slow(city) {
  const shen = await Person.signIn(city, 'shen');
  await shen.fill();
  try {
    const bodies = await trickledBodies(shen);
    await trickledHeads(shen);
    await silent(city, shen);
    await crowds(shen);
    await memory(city, shen);
    await standstill(city);
    await test('each of the bodies is told 408 in the end, too, in words for people', async () => {
      await toldInTheEnd(bodies);
      assert.match(bodies.callers[0].got.toString(), /内容没有传完/);
    });
  } finally {
    await Crowd.everybodyLeaves();
  }
}
