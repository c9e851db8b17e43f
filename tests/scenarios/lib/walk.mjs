// A case led to its end as a story of demo/stories tells it: whoever has an open task completes it with the outcome that the story gives, on the
// days that it gives, over the routes that pages use.  Where nothing goes on any more, it is said at which element.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, pause } from './city.mjs';
import { fitting, items, partsOf } from './form.mjs';
import { newKey, picture } from './people.mjs';

const { officers } = JSON.parse(readFileSync(join(root, 'demo/officers.json'), 'utf8'));
const workTries = 120; // of 25 ms: what programs have not done by then they try again on a later day
const longestWait = 430; // days that nobody does anything in

export function storyOf(process, key) {
  const file = JSON.parse(readFileSync(join(root, `demo/stories/${process}.json`), 'utf8'));
  const story = file.stories.find((each) => each.key === key);
  assert.ok(story, `${process} has no story ${key}`);
  return { ...story, input: { ...file.input, ...story.input } };
}

// "PT3H" is the same day.
export function daysOf(duration) {
  if (!duration) return 0;
  const [, years, months, days] = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?/.exec(duration);
  return Number(years ?? 0) * 365 + Number(months ?? 0) * 30 + Number(days ?? 0);
}

const element = (task) => task.element;
const attribute = (text, name) => new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1];

// What a model says of one of its tasks: outcomes, form, which fields may be asked for.
function modelled(process, id) {
  const xml = readFileSync(join(root, `demo/processes/${process}.bpmn`), 'utf8');
  const [text] = new RegExp(`<userTask id="${id}".*?</userTask>`, 's').exec(xml);
  const form = attribute(/<gov:form [^>]*>/.exec(text)?.[0] ?? '', 'key');
  return {
    outcomes: [...text.matchAll(/<gov:outcome [^>]*>/g)].map(([each]) => ({ code: attribute(each, 'code'), needs_reason: attribute(each, 'reason') === 'required' })),
    form: form && JSON.parse(readFileSync(join(root, `demo/forms/${form}.json`), 'utf8')),
    fields: (attribute(/<gov:supplement [^>]*>/.exec(text)?.[0] ?? '', 'fields') ?? '').split(' '),
  };
}

export class Walk {
  constructor(desks, code, process, key) {
    Object.assign(this, { desks, code, process, key, name: `${process} ${key}`, story: storyOf(process, key), tasks: new Map(), later: new Map(), seen: {}, past: [] });
    this.orders = this.story.messages.filter((each) => each.at).map((each) => ({ ...each, day: daysOf(each.at) }));
  }

  // What the form has to say so that the process begins as the story does.
  says() {
    const bound = Object.entries(items.get(this.code).process.variables ?? {});
    return Object.fromEntries(bound.filter(([name, path]) => path?.startsWith('field.') && this.story.input[name] !== undefined && this.story.input[name] !== null)
      .map(([name, path]) => [path.replace('field.', ''), this.story.input[name]])
      .map(([field, value]) => [field, value === true ? 'yes' : value === false ? 'no' : String(value)]));
  }

  begun(caseNo, instance) {
    Object.assign(this, { caseNo, instance, from: this.desks.day });
  }

  get day() {
    return this.desks.day - this.from;
  }

  // The story's word on a task: counted by element, in the order in which tasks came.
  note(token, process) {
    const nth = this.seen[token.element] = (this.seen[token.element] ?? 0) + 1;
    const own = this.story.messages.filter((each) => each.element === token.element && !each.variables?.facts);
    const said = own.find((each) => each.nth === nth) ?? own.find((each) => each.nth === undefined) ?? {};
    this.tasks.set(token.token, { element: token.element, process, nth, outcome: said.outcome, variables: said.variables,
      day: said.after === 'never' ? Infinity : this.day + daysOf(said.after) });
  }

  // Until no program is at work on it, or none will be for a while; then what persons may do.
  async look() {
    for (let tries = 0; ; tries += 1) {
      this.at = await this.desks.instance(this.instance);
      const atWork = this.at.tokens.filter((token) => ['job', 'rule'].includes(token.kind) && token.name !== 'handover' && this.later.get(token.token) !== this.day);
      if (this.at.state !== 'running' || atWork.length === 0) break;
      if (tries === workTries) for (const token of atWork) this.later.set(token.token, this.day);
      await pause(25);
    }
    const open = this.at.tokens.filter((token) => token.kind === 'task').sort((a, b) => a.token - b.token);
    for (const token of open.filter((each) => !this.tasks.has(each.token))) this.note(token, token.process);
    for (const known of [...this.tasks.keys()].filter((each) => !open.some((token) => token.token === each))) this.tasks.delete(known);
    assert.ok(['running', 'completed', 'cancelled'].includes(this.at.state), `${this.name}: its process ${this.at.state}`);
    const stuck = this.at.tokens.find((token) => token.kind === 'incident');
    if (stuck) assert.fail(`${this.name}: stands still at ${stuck.process}/${stuck.element}: ${await this.desks.why(this.instance, stuck.token)}`);
    return this.at.state !== 'running';
  }

  isOver() {
    return this.at.state !== 'running';
  }

  // The next day on which the story has something to do; Infinity: it waits for time alone.
  nextDay() {
    return Math.min(...this.orders.map((each) => each.day), ...[...this.tasks.values()].map((each) => each.day), Infinity);
  }

  // One thing that is due is done.  False: nothing is.
  async act() {
    const away = this.at.tokens.find((token) => token.kind === 'job' && token.name === 'handover');
    const there = away && this.story.messages.find((each) => each.element === away.element);
    if (there && daysOf(there.after) <= this.day && await this.desks.completeThere(this, there)) return true;
    const order = this.orders.find((each) => each.day <= this.day);
    if (order && await this.obey(order)) {
      this.orders.splice(this.orders.indexOf(order), 1);
      return true;
    }
    const waits = new Set(this.orders.filter((each) => each.command).map((each) => each.task));
    const due = [...this.tasks].find(([, task]) => task.day <= this.day && !waits.has(element(task)));
    if (!due) return false;
    await this.desks.complete(this, due[0], due[1]);
    this.tasks.delete(due[0]);
    return true;
  }

  // What the story orders by its time; false: what it is about is not there yet.
  async obey(order) {
    if (order.message === 'withdraw') return this.desks.withdraw(this);
    if (order.message) return this.desks.message(this, order);
    const found = [...this.tasks].find(([, task]) => element(task) === order.task);
    if (!found) return false;
    await this.desks[order.command](this, found[0], found[1], order);
    return true;
  }

  stands() {
    return `${this.name} after ${this.day} days stands at ${this.at.tokens.filter((token) => !token.listens).map((token) => `${token.process}/${token.element} (${token.kind})`).join(', ')}`;
  }
}

const fieldsOf = (walk) => items.get(walk.code).form.sections.flatMap((section) => section.fields);

// Everybody who works in the city, and the day that its clocks show.
export class Desks {
  constructor(city, signIn) {
    Object.assign(this, { city, signIn, people: new Map() });
  }

  get day() {
    return this.city.days ?? 0;
  }

  async later(days) {
    await this.city.later(days);
    this.people.clear();
  }

  async person(login, node = this.city.portal) {
    if (!this.people.has(login)) this.people.set(login, await this.signIn(this.city, login, node));
    return this.people.get(login);
  }

  async instance(number) {
    const operator = await this.person('yuwen');
    return operator.must(operator.get(`/api/instances/${number}`), 200);
  }

  // Of a token that stands still, for whoever mends the model.
  async why(instance, token) {
    const operator = await this.person('yuwen');
    const { json } = await operator.get(`/incidents/${instance}/${token}`);
    return JSON.stringify(json.incident ?? json).slice(0, 600);
  }

  async applicant(walk) {
    return this.person(walk.login);
  }

  // All open tasks of an organisation, by their number: url, part, state.
  async queue(login) {
    const person = await this.person(login);
    const rows = [];
    for (let path = '/desk?view=open'; path;) {
      const page = await person.must(person.get(path), 200);
      rows.push(...page.rows);
      path = page.pager?.next_url ?? page.next_url ?? '';
    }
    return rows;
  }

  // Who sees the task in a queue, with its row.
  async found(walk, token) {
    const task = `${walk.instance}.${token}`;
    for (const org of new Set(officers.filter((one) => one.roles.includes('officer') && !one.node).map((one) => one.org))) {
      const ours = officers.filter((one) => one.org === org && !one.node && one.roles.includes('officer'));
      const row = (await this.queue(ours[0].login)).find((each) => each.task === task);
      if (row) return { row, ours };
    }
    return undefined;
  }

  async complete(walk, token, task) {
    const mine = await this.mine(walk, token);
    if (mine) return this.completeByApplicant(walk, token, task, mine);
    const found = await this.found(walk, token);
    assert.ok(found, `${walk.name}: nobody has the task ${task.process}/${task.element}; ${walk.stands()}`);
    const model = modelled(task.process, task.element);
    const outcome = model.outcomes.find((each) => each.code === (task.outcome ?? each.code));
    return this.byOneOf(walk, found, task, 'decide', { result: outcome.code, reason: outcome.needs_reason ? '按规定办理，理由如实写明。' : '', terms: outcome.code === 'grant_with_terms' ? '按附件办理' : '', ...(model.form ? { data: fitting(model.form) } : {}) });
  }

  // The first of an organisation whose page lets them: nobody is their own second person.
  async byOneOf(walk, { row, ours }, task, verb, body) {
    const refused = [];
    for (const { login } of ours) {
      const officer = await this.person(login);
      const desk = await officer.must(officer.get(row.url), 200);
      assert.ok(desk.tasks.some((each) => each.task === row.task), `${walk.name}: ${row.url} does not show ${task.element}`);
      if (desk.why_not) {
        refused.push(`${login}: ${desk.why_not}`);
        continue;
      }
      const power = verb === 'decide' ? desk.decide?.powers?.[0]?.value : undefined;
      const got = await officer.post(`/desk/${row.id}/${verb}`, { task: row.task, power, ...body }, { key: newKey() });
      if (got.status === 200) {
        walk.past.push(`${task.element} ${login}`);
        return;
      }
      refused.push(`${login}: ${got.json?.type ?? got.status} ${JSON.stringify(got.json?.errors?.list ?? got.json?.detail ?? '')}`);
    }
    assert.fail(`${walk.name}: ${verb} of ${task.process}/${task.element} is refused: ${refused.join('; ')}`);
  }

  // What another node decides of the case: by its own officer, on that node's desk.
  async completeThere(walk, said) {
    const officer = officers.find((one) => one.node === walk.story.input.home_node);
    const person = await this.person(officer.login, this.city.nodes[officer.node]);
    const applicant = await this.applicant(walk);
    const { handovers } = await applicant.must(applicant.get(`/api/cases/${walk.caseNo}/handovers`), 200);
    const page = await person.must(person.get('/desk?view=open'), 200);
    const row = page.rows.find((each) => each.case_no === handovers[0]?.peer_case);
    if (!row) return false;
    const { decide } = await person.must(person.get(row.url), 200);
    const result = said.variables.decision;
    await person.must(person.post(`/desk/${row.id}/decide`, { task: row.task, result, power: decide.powers?.[0]?.value, reason: result === 'refuse' ? '不符合规定的条件。' : '' }, { key: newKey() }), 200);
    walk.past.push(`${row.task_name} ${officer.login}`);
    return true;
  }

  // --- the applicant ---

  async mine(walk, token) {
    const person = await this.applicant(walk);
    const { to_do: waiting } = await person.must(person.get(`/cases/${walk.caseNo}`), 200);
    return waiting?.find((each) => each.task === `${walk.instance}.${token}`);
  }

  async completeByApplicant(walk, token, task, mine) {
    const person = await this.applicant(walk);
    const outcome = mine.outcomes.find((each) => each.code === task.outcome) ?? mine.outcomes[0];
    const got = await person.post(`/cases/${walk.caseNo}/tasks/${mine.task}`, { result: outcome?.code, reason: outcome?.needs_reason ? '本人意见。' : '', data: mine.form ? fitting(mine.form) : undefined }, { key: newKey() });
    assert.ok([200, 303].includes(got.status), `${walk.name}: the applicant cannot do ${task.element}: ${got.status} ${got.text.slice(0, 300)}`);
    walk.past.push(`${task.element} ${walk.login}`);
  }

  async withdraw(walk) {
    const person = await this.applicant(walk);
    const got = await person.post(`/cases/${walk.caseNo}/withdraw`, { reason: '不办了' }, { key: newKey() });
    assert.ok([200, 303].includes(got.status), `${walk.name}: withdraw ${got.status} ${got.text.slice(0, 300)}`);
    return true;
  }

  async supplement(walk, token, task) {
    const found = await this.found(walk, token);
    const { fields } = modelled(task.process, task.element);
    const asked = fieldsOf(walk).find((field) => (fields.includes('*') ? field.type === 'phone' : fields.includes(field.id)));
    await this.byOneOf(walk, found, task, 'supplement', { fields: [{ field: asked.id, what: '请再核对一下' }] });
    walk.supplyAt = found.row.id;
    walk.asked = asked;
  }

  async supply(walk) {
    const person = await this.applicant(walk);
    const { id, type } = walk.asked;
    const value = { phone: '154 0000 0899', upload: [{ name: id, file: 'again.png', bytes: picture('again') }] }[type] ?? '补充说明';
    const got = await person.upload(`/cases/${walk.supplyAt}/supply`, partsOf({ [id]: value }));
    assert.equal(got.status, 200, `${walk.name}: supply ${JSON.stringify(got.json?.errors?.list ?? got.text.slice(0, 300))}`);
  }

  async return(walk, token, task, order) {
    await this.byOneOf(walk, await this.found(walk, token), task, 'return', { element: order.element, reason: order.reason });
  }

  // --- programs of others ---

  async message(walk, order) {
    const program = await this.person('zuoye-system');
    const got = await program.must(program.post('/api/messages', { id: newKey(), name: order.message, key: walk.caseNo, ttl_s: 86400, variables: order.variables ?? {} }), 200);
    return got.is_taken !== false;
  }
}

// All at the same time: whoever has something to do today does it, then all clocks go on to the next day of any story.
export async function lead(walks, desks) {
  let open = [...walks];
  while (open.length > 0) {
    let moved = false;
    for (const walk of open) {
      await guarded(walk, async () => {
        await walk.look();
        while (!walk.isOver() && await walk.act()) {
          moved = true;
          await walk.look();
        }
      });
    }
    open = open.filter((walk) => !walk.failed && !walk.isOver());
    if (moved || open.length === 0) continue;
    if (process.env.SHOW) console.log(`day ${desks.day}: ${open.map((walk) => walk.stands()).join('\n  ')}`);
    const stride = desks.day < 45 ? 5 : 35; // where only timers are waited for: first those of days, then those of months
    const rest = Math.min(...open.map((walk) => walk.from + walk.nextDay()), desks.day + stride) - desks.day;
    for (const walk of open.filter((each) => each.day > longestWait)) walk.failed = new Error(walk.stands());
    open = open.filter((walk) => !walk.failed);
    if (open.length > 0) await desks.later(Math.max(1, rest));
  }
}

async function guarded(walk, run) {
  try {
    await run();
  } catch (error) {
    walk.failed = error;
  }
}
