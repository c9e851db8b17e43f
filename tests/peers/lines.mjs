// What the peers of make bench-rule share: base/bench.h sends a command a line and reads a number a line.
import { createInterface } from "node:readline";

// Microseconds of processor time of one call, over so many of them; every call must answer alike.
export function time(one, times) {
    const first = one();
    const before = process.cpuUsage();
    let same = 0;
    for (let i = 0; i < times; i++) {
        same += one() === first ? 1 : 0;
    }
    const used = process.cpuUsage(before);
    if (same !== times) {
        throw new Error("not the same answer every time");
    }
    return (used.user + used.system) / times;
}

// Commands by their name; each gets the rest of its line and returns a number.
export async function serve(commands) {
    for await (const line of createInterface({ input: process.stdin })) {
        const cut = line.indexOf(" ");
        console.log(String(await commands[line.slice(0, cut)](line.slice(cut + 1))));
    }
}
