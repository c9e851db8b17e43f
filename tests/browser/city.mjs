// A demo city of its own for a test: starts `zhengtong demo`, says where it is, stops it by its pid.
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keepPlain } from '../scenarios/lib/city.mjs';

// plain: services whose cases are decided in the shortest way.
export async function openCity(root, folder, plain = []) {
  await rm(join(root, folder), { recursive: true, force: true });
  await keepPlain(folder, plain);
  const child = spawn(join(root, 'build/zhengtong'), ['demo', '--dir', folder], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  const open = new Promise((resolve, reject) => {
    child.stdout.on('data', (bytes) => {
      said += bytes;
      if (said.includes('Ctrl-C ends it')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the demo city ended with ${code}: ${said}`)));
  });
  await open;
  const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(said)[0];
  const key = (await readFile(join(root, folder, 'demo.key'), 'utf8')).trim();
  return {
    origin,
    signInUrl: (login) => `${origin}/sign-in/demo?account=${login}&key=${key}`,
    async close() {
      child.kill('SIGINT');
      await ended;
    },
  };
}
