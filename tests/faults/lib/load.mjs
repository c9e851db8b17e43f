// Real work over HTTP while things break: people fill in forms and submit, officers accept and decide.  Each repeats what was
// not answered, as a person would, and what was answered goes into the ledger.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { pause } from '../../scenarios/lib/city.mjs';
import { Person, newKey, picture } from '../../scenarios/lib/people.mjs';

const restMs = 20;
const tries = 1500; // with the rests between them far more than any restart takes

// What registries hold, for as long as they are silent.
const typed = {
  owner_name: '沈知遥', owner_id: '990100199001010011', company_code: '92990103MA00000B7N', shop_name: '半亩方塘面馆', licence_person: '沈知遥',
  address_code: '99010300000000000001', shop_address: '东湖区文澜路 1 号',
};

export const desks = [
  { login: 'ouyang', part: '1', power: '990100-XK-0131' },
  { login: 'murong', part: '2', power: '990100-XK-0219' },
  { login: 'situ', part: '4', power: '990100-XK-0412' },
];

async function once(ledger, ask) {
  const got = await ask().catch(() => undefined);
  if (got === undefined) ledger.lost += 1;
  if (got?.status >= 500 || got?.status === 429) {
    ledger.refused += 1;
    return undefined;
  }
  return got;
}

async function insist(ledger, ask) {
  for (let i = 0; i < tries; i += 1) {
    const got = await once(ledger, ask);
    if (got !== undefined) return got;
    await pause(restMs);
  }
  throw new Error('not answered, however often it was asked');
}

function expect(got, status, what) {
  assert.equal(got.status, status, `${what}: ${got.text.slice(0, 300)}`);
  return got.json;
}

class Citizen {
  constructor(load, person) {
    Object.assign(this, { load, person, ledger: load.ledger, count: 0 });
  }

  get(path) {
    return insist(this.ledger, () => this.person.get(path));
  }

  // A save whose answer is lost may have been taken: then the revision has moved, and it is saved once more.
  async save(draft, section, values, send) {
    for (let i = 0; i < tries; i += 1) {
      const { revision } = expect(await this.get(`/apply/${draft.id}/${section}`), 200, section);
      this.ledger.sends(draft, values);
      const got = await once(this.ledger, () => send(`/apply/${draft.id}/${section}`, revision));
      if (got?.status === 200) {
        this.ledger.saved(draft, values, got.json.revision);
        return;
      }
      if (got !== undefined) expect(got, 409, section);
      await pause(restMs);
    }
    throw new Error(`${section} cannot be saved`);
  }

  fields(draft, section, values, more) {
    return this.save(draft, section, values, (path, revision) => this.person.post(path, { ...more, ...values, revision }));
  }

  async plan(draft) {
    const bytes = picture(`${this.person.login} ${draft.id}`);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await this.save(draft, 'papers', { plan: sha256 }, (path, revision) => this.person.upload(path, [
      { name: 'promise', text: 'yes' }, { name: 'revision', text: String(revision) }, { name: 'plan', file: 'plan.png', bytes },
    ]));
    this.ledger.files.add(sha256);
  }

  async open() {
    const { draft: id } = expect(await this.get('/items/000131002003/apply'), 200, 'begin');
    const draft = this.ledger.draft(this.person, id);
    const n = (this.count += 1);
    await this.fields(draft, 'shop', { phone: `154000${String(n).padStart(5, '0')}` }, typed);
    await this.fields(draft, 'place', { area: String(10 + (n % 200)) }, { ...typed, fire: 'gas' });
    await this.fields(draft, 'trade', { platforms: String(1 + (n % 20)) }, { business_kinds: ['hot', 'drinks'], delivery: 'yes' });
    await this.fields(draft, 'staff', { staff_names: `沈知遥、${this.person.login} ${n}` }, { health: 'yes' });
    await this.plan(draft);
    const key = newKey();
    const made = expect(await insist(this.ledger, () => this.person.post(`/apply/${id}/submit`, { declare: 'yes' }, { key })), 201, 'submit');
    this.ledger.cases.push({ person: this.person, draft: id, key, number: made.case_no, fields: draft.fields });
    this.ledger.notes(this.person, made.case_no, made.acts);
    for (const officer of this.load.officers) officer.waiting.push(made.case_no);
  }

  async work() {
    while (!this.load.over) {
      await this.open();
      await pause(restMs);
    }
  }
}

class Officer {
  constructor(load, person, desk) {
    Object.assign(this, { load, person, desk, ledger: load.ledger, waiting: [] });
  }

  // When its first answer was lost in a crash the step may have been made: then it is not possible a second time.
  async move(number, kind, body) {
    const path = `/desk/${number}-${this.desk.part}/${kind}`;
    const key = newKey();
    const lost = this.ledger.lost;
    const got = await insist(this.ledger, () => this.person.post(path, body, { key }));
    if (got.status === 409 && this.ledger.lost > lost) return;
    const { acts } = expect(got, 200, path);
    this.ledger.moves.push({ officer: this.person, path, body, key, kind, number, part: this.desk.part, acts });
    this.ledger.notes(this.person, number, acts);
  }

  async work() {
    while (!this.load.over) {
      const number = this.waiting.shift();
      if (number === undefined) {
        await pause(restMs);
        continue;
      }
      await this.move(number, 'accept', {});
      await this.move(number, 'decide', { result: 'grant', reason: '合格，同意。', power: this.desk.power });
    }
  }
}

export class Load {
  static async of(city, ledger) {
    const load = new Load();
    load.ledger = ledger;
    load.over = false;
    load.citizens = [];
    for (const login of ['shen', 'lu', 'gu']) load.citizens.push(new Citizen(load, await Person.signIn(city, login)));
    load.officers = [];
    for (const desk of desks) load.officers.push(new Officer(load, await Person.signIn(city, desk.login), desk));
    return load;
  }

  begin() {
    this.workers = [...this.citizens, ...this.officers].map((each) => each.work().catch((error) => {
      this.failure ??= error;
      this.over = true;
    }));
  }

  // Each finishes the case that is in its hands.
  async finish() {
    this.over = true;
    await Promise.all(this.workers);
    if (this.failure) throw this.failure;
  }
}
