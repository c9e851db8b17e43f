// A demo city of its own: told once as a story, which takes free ports and leaves four nodes with data, then opened.
// Processes are ended by their ids only.
import { execFile, spawn } from 'node:child_process';
import { existsSync, openSync, closeSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask } from './http.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
export const program = process.env.ZHENGTONG ?? join(root, 'build/zhengtong');

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Runs to its end: {code, out, err}.
export function run(args, env = {}) {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: root, env: { ...process.env, ...env }, maxBuffer: 64 << 20, timeout: 120000 },
      (error, out, err) => resolve({ code: error ? error.code ?? 1 : 0, out, err }));
  });
}

export async function tellStory(folder) {
  const told = await run(['demo', '--dir', folder, '--story', 'restaurant', '--json']);
  if (told.code !== 0) throw new Error(`the story ended with ${told.code}: ${told.err}`);
  return JSON.parse(told.out);
}

export async function removeFolder(folder) {
  await rm(join(root, folder), { recursive: true, force: true });
}

// A city in which these services are decided by each office in the shortest way, accept and decide: for tests that are about something else than the
// way of a case.  Before it is opened.
export async function keepPlain(folder, codes) {
  const all = readdirSync(join(root, 'demo/items')).map((name) => JSON.parse(readFileSync(join(root, 'demo/items', name), 'utf8')));
  const plain = all.filter((item) => codes.includes(item.code)).map((item) => ({ ...item, process: { key: 'side-by-side' } }));
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, 'items.json'), JSON.stringify(plain));
}

// Asks until it is true, a bounded number of times.
export async function until(what, says, tries = 200, restMs = 50) {
  for (let i = 0; i < tries; i += 1) {
    const got = await what().catch(() => undefined);
    if (got) return got;
    await pause(restMs);
  }
  throw new Error(`${says}: not after ${tries} tries`);
}

// The promise, or a failure when it has not come to anything for so long that it never will.
export async function within(promise, says, ms = 30000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${says}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

export function isAlive(pid) {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export async function end(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
  await until(async () => !isAlive(pid), `process ${pid} ends`);
}

const conf = (path, name) => new RegExp(`^${name} = (.*)$`, 'm').exec(readFileSync(path, 'utf8'))[1];

class Node {
  constructor(city, name) {
    this.city = city;
    this.name = name;
    this.config = join(city.folder, name, 'node.conf');
    this.port = Number(conf(join(root, this.config), 'port'));
    this.exchangePort = Number(conf(join(root, this.config), 'exchange_port'));
    this.clockShiftS = Number(conf(join(root, this.config), 'clock_shift_s'));
    this.logDir = join(city.folder, name, 'data/log');
    this.pid = 0;
  }

  // The signer is the one behind a system call filter; the worker has the threads.
  processes() {
    const found = { parent: this.pid };
    for (const pid of childrenOf(this.pid)) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      found[/^Seccomp:\s+2$/m.test(status) ? 'signer' : 'worker'] = pid;
    }
    return found;
  }

  // `zhengtong serve` by itself, as an operator would start it again.  It says on a pipe of its own that it serves: an old
  // process of the same node may still answer for a moment.
  async start(env = {}) {
    const log = openSync(join(root, this.city.folder, `${this.name}.log`), 'a');
    const child = spawn(program, ['serve', '--config', this.config, '--ready-fd', '3'], { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', log, 'pipe'] });
    closeSync(log);
    this.pid = child.pid;
    this.child = child;
    await within(new Promise((resolve, reject) => {
      child.stdio[3].on('data', resolve);
      child.once('exit', (code) => reject(new Error(`${this.name} ended with ${code}`)));
    }), `${this.name} serves`);
  }

  // An old process may hold the port for a moment longer: then starting is tried again.
  async startAgain(env = {}) {
    for (let i = 0; i < 200; i += 1) {
      try {
        await this.start(env);
        return;
      } catch (error) {
        if (this.child.exitCode === null) throw error;
        await pause(20);
      }
    }
    throw new Error(`${this.name} does not start again`);
  }

  readiness() {
    return ask(this.port, '/readyz', { timeoutMs: 2000 });
  }

  async acts() {
    return (await this.readiness()).json.acts;
  }

  async verify() {
    return run(['verify', '--log', this.logDir, '--json']);
  }

  async stop(signal = 'SIGTERM') {
    if (this.pid) await end(this.pid, signal);
    this.pid = 0;
    this.child = undefined;
  }
}

export class City {
  static async open(folder) {
    const city = new City();
    city.folder = folder;
    city.nodes = {};
    await city.openDoors();
    await city.settled();
    return city;
  }

  // A new city has work of its own first: the night's match, calendars that come into force.  Who counts acts waits until it is done.
  async settled() {
    let same = 0;
    for (let before = -1; same < 8;) {
      const now = (await Promise.all(Object.values(this.nodes).map((node) => node.acts()))).join();
      same = now === before ? same + 1 : 0;
      before = now;
      await pause(100);
    }
  }

  // The first time, and again after its parent has died: the nodes of the folder, under new process ids.  args: more words for the
  // command line, such as --at 23:30.
  async openDoors(args = []) {
    this.child = spawn(program, ['demo', '--dir', this.folder, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    await new Promise((resolve, reject) => {
      this.child.stdout.on('data', (bytes) => {
        said += bytes;
        if (said.includes('Ctrl-C ends it')) resolve();
      });
      this.child.once('exit', (code) => reject(new Error(`the demo city ended with ${code}: ${said}`)));
    });
    this.said = said;
    this.key = readFileSync(join(root, this.folder, 'demo.key'), 'utf8').trim();
    for (const name of readdirSync(join(root, this.folder)).filter((entry) => existsSync(join(root, this.folder, entry, 'node.conf')))) {
      this.nodes[name] ??= new Node(this, name);
    }
    for (const pid of childrenOf(this.child.pid)) {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const node = Object.values(this.nodes).find((each) => line.includes(each.config));
      if (node) node.pid = pid;
    }
    this.portal = this.nodes.yunxi;
  }

  // The same city so many days later: closed, and opened with clocks that say so at every node.
  async later(days) {
    this.days = (this.days ?? 0) + days;
    await this.reopen(['--days', String(this.days)]);
  }

  // Closed in good order, and opened with what it holds: ports may be others.
  async reopen(args = []) {
    await this.close();
    this.nodes = {};
    await this.openDoors(args);
  }

  // Nodes that this test started itself are stopped first; the rest goes with the city.
  async close() {
    for (const node of Object.values(this.nodes)) {
      if (node.child) await node.stop();
    }
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGTERM');
      await ended;
    }
  }
}
