// Ending processes without asking them.
import { until } from '../../scenarios/lib/city.mjs';

export const patience = 1000; // tries, 10 ms apart

export function kill(pid) {
  process.kill(pid, 'SIGKILL');
}

// The parent makes worker and signer anew, on the same sockets.
export async function comesBack(node, before) {
  await until(async () => {
    const now = node.processes();
    return now.worker && now.signer && now.worker !== before.worker && now.signer !== before.signer && (await node.readiness()).status === 200;
  }, `${node.name} is back by itself`, patience, 10);
}
