// Named cases, each of which can fail; the last line is "N passed, N failed".
const counts = { passed: 0, failed: 0 };

export async function test(name, run) {
  const from = Date.now();
  try {
    await run();
    counts.passed += 1;
    console.log(`ok ${name} (${Date.now() - from} ms)`);
  } catch (error) {
    counts.failed += 1;
    const lines = String(error.stack ?? error).split('\n').slice(0, 12).join('\n    ');
    console.log(`FAILED ${name}\n    ${lines}`);
  }
}

export function finish() {
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}
