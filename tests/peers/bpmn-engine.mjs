// bpmn-engine beside src/process/runtime_bench.c: the same process, its state on disk at every wait (SQLite, WAL, FULL),
// read back before each task is completed, as somebody who wants it to survive a crash would do.
import { EventEmitter, once } from "node:events";
import { Engine } from "bpmn-engine";
import sqlite from "node-sqlite3-wasm";
import { serve } from "./lines.mjs";

const services = { issue: (scope, done) => done(null, {}) };
let source, tasks, keep, find, next = 0;

function open(file) {
    const database = new sqlite.Database(file);
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    if (database.get("PRAGMA journal_mode = WAL").journal_mode !== "wal") {
        throw new Error("no write-ahead log");
    }
    database.exec("PRAGMA synchronous = FULL; CREATE TABLE instance (id INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT");
    const insert = database.prepare("INSERT OR REPLACE INTO instance (id, state) VALUES (?, ?)");
    const select = database.prepare("SELECT state FROM instance WHERE id = ?");
    keep = async (id, engine) => insert.run([id, JSON.stringify(await engine.getState())]);
    find = (id) => JSON.parse(select.get([id]).state);
    return 0;
}

async function begin(id) {
    const engine = new Engine({ name: "approval", source, variables: { approved: true }, services });
    await engine.execute({ listener: new EventEmitter() });
    await keep(id, engine);
    await engine.stop();
}

async function complete(id, task, isLast) {
    const engine = new Engine({ name: "approval" }).recover(find(id), { services });
    const ended = isLast ? once(engine, "end") : null;
    const execution = await engine.resume({ listener: new EventEmitter() });
    execution.signal({ id: task });
    await ended;
    await keep(id, engine);
    if (!isLast) {
        await engine.stop();
    }
    return isLast && execution.getActivityById("e").counters.taken === 1;
}

// So many instances from start to end, one after the other, by the clock that is given.
async function run(times, clock) {
    const before = clock();
    for (let i = 0; i < times; i++) {
        const id = ++next;
        await begin(id);
        for (const task of tasks) {
            if ((await complete(id, task, task === tasks.at(-1))) !== (task === tasks.at(-1))) {
                throw new Error(`after ${task} the process is not where it should be`);
            }
        }
    }
    return (clock() - before) / times;
}

const processor = () => { const used = process.cpuUsage(); return used.user + used.system; };

await serve({
    database: open,
    tasks: (rest) => ((tasks = rest.split(" ")), 0),
    model: (rest) => ((source = rest), 0),
    // Microseconds an instance: of the wall clock, and of the processor.
    wall: (rest) => run(Number(rest), () => performance.now() * 1000),
    processor: (rest) => run(Number(rest), processor),
});
