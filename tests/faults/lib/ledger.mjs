// What the node has promised: everything here was answered with success, and is looked up again afterwards.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run, until } from '../../scenarios/lib/city.mjs';
import { fieldOf } from '../../scenarios/lib/people.mjs';

export class Ledger {
  drafts = new Map(); // draft → {person, revision, fields: field → [value acknowledged, values of saves without answer…]}
  files = new Set(); // SHA-256, hex
  cases = []; // {person, draft, key, number, fields}
  moves = []; // {officer, path, body, key, kind, number, part, acts}
  acts = new Map(); // index → {reader, kind, number}
  lost = 0; // requests whose answer never came
  refused = 0; // answered with 5xx or 429

  get size() {
    let saves = 0;
    for (const draft of this.drafts.values()) saves += draft.saves;
    return saves + this.files.size + this.cases.length + this.moves.length + this.acts.size;
  }

  draft(person, id) {
    if (!this.drafts.has(id)) this.drafts.set(id, { person, id, revision: 0, saves: 0, fields: {} });
    return this.drafts.get(id);
  }

  // Before it is sent: if no answer comes, the value may be there or not.
  sends(draft, values) {
    for (const [field, value] of Object.entries(values)) (draft.fields[field] ??= []).push(value);
  }

  saved(draft, values, revision) {
    draft.revision = revision;
    draft.saves += 1;
    for (const [field, value] of Object.entries(values)) draft.fields[field] = [value];
  }

  notes(reader, number, acts) {
    for (const { kind, index } of acts ?? []) this.acts.set(index, { reader, kind, number });
  }
}

const shownIn = { shop: ['phone'], place: ['area'], trade: ['platforms'], staff: ['staff_names'] };

async function checkDraft(draft) {
  const at = (section) => draft.person.must(draft.person.get(`/apply/${draft.id}/${section}`), 200);
  for (const [section, fields] of Object.entries(shownIn)) {
    const shown = await at(section);
    assert.ok(shown.revision >= draft.revision, `${draft.id}: revision ${shown.revision}, but ${draft.revision} was acknowledged`);
    for (const field of fields.filter((name) => draft.fields[name])) {
      const { value } = fieldOf(shown, field);
      assert.ok(draft.fields[field].includes(String(value)), `${draft.id} ${field}: ${value}, not ${draft.fields[field]}`);
    }
  }
  if (draft.fields.plan) assert.ok(JSON.stringify(fieldOf(await at('papers'), 'plan')).includes(draft.fields.plan[0]), `${draft.id}: its file`);
}

export async function checkDrafts(ledger) {
  const submitted = new Set(ledger.cases.map((each) => each.draft));
  for (const draft of ledger.drafts.values()) {
    if (!submitted.has(draft.id)) await checkDraft(draft);
  }
}

// Files are sealed on the disk, so they are asked for by an officer of the case; each case has its own.
export async function checkFiles(ledger, officer, part) {
  const seen = new Set();
  for (const { number, fields } of ledger.cases) {
    const [sha256] = fields.plan;
    const got = await officer.get(`/desk/${number}-${part}/materials/${sha256}`);
    assert.equal(got.status, 200, `${number}: ${got.text.slice(0, 200)}`);
    assert.equal(createHash('sha256').update(got.bytes).digest('hex'), sha256, number);
    seen.add(sha256);
  }
  assert.deepEqual([...seen].sort(), [...ledger.files].sort());
}

export async function casesOf(person) {
  const found = [];
  for (let after = ''; ;) {
    const page = await person.must(person.get(`/cases${after}`), 200);
    found.push(...page.cases.map((entry) => entry.case_no));
    if (!page.next) return found;
    after = `?after=${encodeURIComponent(page.next)}`;
  }
}

// before: what each person had already.  No case is missing, none is there twice, none is there that nobody heard of.
export async function checkCases(ledger, before) {
  for (const [person, old] of before) {
    const told = ledger.cases.filter((each) => each.person === person).map((each) => each.number);
    assert.equal(new Set(told).size, told.length, 'a number was given twice');
    assert.deepEqual((await casesOf(person)).sort(), [...old, ...told].sort());
  }
}

export async function checkContents(ledger) {
  for (const each of ledger.cases) {
    const text = (await each.person.must(each.person.get(`/cases/${each.number}/application`), 200));
    const rows = text.sections.flatMap((section) => section.rows);
    const of = (field) => rows.find((row) => row.field === field);
    assert.equal(of('area').text, `${each.fields.area[0]} 平方米`, each.number);
    assert.equal(of('staff_names').text, each.fields.staff_names[0], each.number);
    assert.ok(JSON.stringify(of('plan')).includes(each.fields.plan[0]), `${each.number}: its file`);
  }
}

// The same keys again: the same answers.
export async function checkKeys(ledger) {
  for (const each of ledger.cases) {
    const again = await each.person.post(`/apply/${each.draft}/submit`, { declare: 'yes' }, { key: each.key });
    assert.equal(again.status, 201, `${each.number}: ${again.text.slice(0, 200)}`);
    assert.equal(again.json.case_no, each.number);
  }
  for (const move of ledger.moves) {
    const again = await move.officer.post(move.path, move.body, { key: move.key });
    assert.equal(again.status, 200, `${move.path}: ${again.text.slice(0, 200)}`);
    assert.deepEqual(again.json.acts, move.acts);
  }
}

export async function checkMoves(ledger) {
  for (const each of ledger.cases) {
    const { sub_cases: parts } = await each.person.must(each.person.get(`/cases/${each.number}`), 200);
    for (const move of ledger.moves.filter((one) => one.number === each.number)) {
      const { state } = parts.find((part) => part.id === `${move.number}-${move.part}`);
      const fits = move.kind === 'decide' ? ['granted'] : ['accepted', 'granted'];
      assert.ok(fits.includes(state), `${move.path}: ${state}`);
    }
  }
}

// What was granted is issued afterwards by a job of the process, which a crash may have interrupted: once, and it is good.
export async function checkCertificates(ledger) {
  let found = 0;
  for (const { person, number } of ledger.cases) {
    const shown = () => person.must(person.get(`/cases/${number}`), 200);
    await until(async () => !(await shown()).is_issuing, `the certificates of ${number}`, 1800, 100);
    for (const part of (await shown()).sub_cases.filter((one) => one.certificate)) {
      const got = await person.must(person.get(`/certificates/${part.certificate}`), 200);
      assert.equal(got.verdict.is_good, true, part.certificate);
      found += 1;
    }
  }
  const granted = ledger.moves.filter((move) => move.kind === 'decide' && move.part === '1').length;
  assert.ok(found >= granted, `${found} certificates of ${granted} that were granted`);
}

// The receipt of an act as whom it concerns gets it, and what an offline check says of it.
export async function receiptOf(reader, index) {
  const { json } = await reader.get(`/receipts/${index}.json`);
  assert.equal(json?.leaf_index, index, JSON.stringify(json)?.slice(0, 300));
  return json;
}

export async function checkReceipt(city, receipt, key) {
  const path = join(root, city.folder, `receipt-${receipt.leaf_index}.json`);
  await writeFile(path, JSON.stringify(receipt));
  const got = await run(['verify', '--receipt', path, '--key', key]);
  assert.equal(got.code, 0, `${path}: ${got.out}${got.err}`);
}

// Each act has its receipt, and the offline check accepts those of a sample.
export async function checkActs(ledger, city, key, sample = 150) {
  const step = Math.ceil(ledger.acts.size / sample);
  let n = 0;
  for (const [index, { reader, kind, number }] of ledger.acts) {
    const receipt = await receiptOf(reader, index);
    const body = JSON.parse(receipt.body);
    assert.equal(body.kind, kind);
    assert.ok(body.case_no.startsWith(number), `${index}: ${body.case_no}`);
    assert.ok(receipt.proof, `act ${index} is under no checkpoint`);
    if (n++ % step === 0) await checkReceipt(city, receipt, key);
  }
}
