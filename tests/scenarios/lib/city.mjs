// A demo city of its own: told once as a story, which takes free ports and leaves three nodes with data, then opened.
// Processes are ended by their ids only.
import { execFile, spawn } from 'node:child_process';
import { existsSync, openSync, closeSync, readdirSync, readFileSync } from 'node:fs';
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

// Asks until it is true, a bounded number of times.
export async function until(what, says, tries = 200, restMs = 50) {
  for (let i = 0; i < tries; i += 1) {
    const got = await what().catch(() => undefined);
    if (got) return got;
    await pause(restMs);
  }
  throw new Error(`${says}: not after ${tries} tries`);
}

function children(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

function isAlive(pid) {
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
    this.logDir = join(city.folder, name, 'data/log');
    this.pid = 0;
  }

  // The signer is the one behind a system call filter; the worker has the threads.
  processes() {
    const found = { parent: this.pid };
    for (const pid of children(this.pid)) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      found[/^Seccomp:\s+2$/m.test(status) ? 'signer' : 'worker'] = pid;
    }
    return found;
  }

  // `zhengtong serve` by itself, as an operator would start it again.
  async start(env = {}) {
    const log = openSync(join(root, this.city.folder, `${this.name}.log`), 'a');
    const child = spawn(program, ['serve', '--config', this.config], { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', log] });
    closeSync(log);
    this.pid = child.pid;
    this.child = child;
    await this.ready();
  }

  // An old process may hold the port for a moment longer: then starting is tried again.
  async startAgain(env = {}) {
    for (let i = 0; i < 20; i += 1) {
      try {
        await this.start(env);
        return;
      } catch (error) {
        if (this.child.exitCode === null) throw error;
        await pause(100);
      }
    }
    throw new Error(`${this.name} does not start again`);
  }

  async ready(tries = 400) {
    await until(async () => {
      if (this.child && this.child.exitCode !== null) return true;
      return (await this.readiness()).status === 200;
    }, `${this.name} is ready`, tries, 20);
    if (this.child && this.child.exitCode !== null) throw new Error(`${this.name} ended with ${this.child.exitCode}`);
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
    city.child = spawn(program, ['demo', '--dir', folder], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    await new Promise((resolve, reject) => {
      city.child.stdout.on('data', (bytes) => {
        said += bytes;
        if (said.includes('Ctrl-C ends it')) resolve();
      });
      city.child.once('exit', (code) => reject(new Error(`the demo city ended with ${code}: ${said}`)));
    });
    city.key = readFileSync(join(root, folder, 'demo.key'), 'utf8').trim();
    city.nodes = {};
    for (const name of readdirSync(join(root, folder)).filter((entry) => existsSync(join(root, folder, entry, 'node.conf')))) {
      city.nodes[name] = new Node(city, name);
    }
    for (const pid of children(city.child.pid)) {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const node = Object.values(city.nodes).find((each) => line.includes(each.config));
      if (node) node.pid = pid;
    }
    city.portal = city.nodes.yunxi;
    return city;
  }

  // Nodes that this test started itself are stopped first; the rest goes with the city.
  async close() {
    for (const node of Object.values(this.nodes)) {
      if (node.child) await node.stop();
    }
    if (this.child.exitCode === null) {
      const ended = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGTERM');
      await ended;
    }
  }
}
