// Each service of the city goes by its own procedure, from the form to its end, as its stories tell it: one city for all of them, whose clocks
// go on where a story waits for days; what another province decides is led by handover.mjs.  ITEMS="newborn restaurant" walks those alone.
import { strict as assert } from 'node:assert';
import { City, removeFolder } from './lib/city.mjs';
import { apply, items as known } from './lib/form.mjs';
import { Person, newKey } from './lib/people.mjs';
import { test } from './lib/report.mjs';
import { Desks, Walk, lead } from './lib/walk.mjs';

const folder = 'build/scenarios/items';

// Whose registers fit the story; what the story does not say of the form; what the parts come to, "*": all others, and whether certificates are issued.
const granted = { '*': 'granted' };
const refused = { '*': 'refused' };
const noted = { '*': 'granted', isNoted: true }; // in a register alone
const list = [
  { code: '000508006001', who: 'tang', stories: { good: granted, supplement: granted, refused } },
  { code: '000131002003', who: 'shen', stories: { good: granted }, says: { area: '320' } },
  { code: '000131002003', who: 'shen', stories: { terms: { 2: 'refused', '*': 'granted' }, refused: { 1: 'refused', '*': 'granted' }, supplement: granted, rectify: granted, 'not-accepted': { '*': 'rejected' } }, says: { area: '86' } },
  { code: '000110002001', who: 'tang', stories: { good: granted, third: granted, supplement: granted, refused } },
  { code: '000110001001', who: 'fang', stories: { good: granted, bounced: granted, 'not-content': granted, refused: { '*': 'rejected' } } },
  { code: '000620002001', who: 'shen', stories: { good: granted, 'one-refused': { 2: 'refused', 4: 'left', 5: 'left', '*': 'granted' }, declined: { '*': 'lapsed' }, withdrawn: { '*': 'withdrawn' } } },
  { code: '000508005001', who: 'shen', stories: { good: granted, 'one-refused': { 5: 'refused', '*': 'granted' }, supplement: granted }, says: { dead_id: '990102193804120018' } },
  { code: '000131001001', who: 'lu', stories: { good: granted, terms: { 3: 'refused', '*': 'granted' } } },
  { code: '000131002002', who: 'he', stories: { good: granted, terms: { '*': 'granted_with_terms' }, change: granted, cancel: noted } },
  { code: '000515001001', who: 'lu', stories: { good: granted, unsigned: { '*': 'lapsed' } } },
  { code: '000803001001', who: 'tang', stories: { good: granted, letter: granted }, says: { why: 'live', promise: 'yes' } },
  { code: '000801001001', who: 'shen', stories: { good: granted, endorsed: noted } },
  { code: '000805001001', who: 'he', stories: { good: granted } },
  { code: '000508002001', who: 'gu', stories: { here: granted } },
  { code: '000508003001', who: 'gu', stories: { here: granted } },
  { code: '000508001001', who: 'tang', stories: { good: granted } },
  { code: '000620003001', who: 'he', stories: { good: granted, declined: { '*': 'declined' } } },
  { code: '000804001001', who: 'fang', stories: { good: granted, refused } },
  { code: '000807001001', who: 'lu', stories: { good: granted, rejected: { '*': 'rejected' } }, says: { child_id: '990103202003100111' } },
  { code: '000517001001', who: 'he', stories: { good: granted, veto: refused, returned: granted } },
  { code: '000802001001', who: 'shen', stories: { good: granted } },
  { code: '000930001001', who: 'shen', stories: { good: granted, silent: granted, refused } },
  { code: '000810001001', who: 'shen', stories: { good: granted } },
  { code: '000805002001', who: 'he', stories: { good: granted } },
  { code: '000131003001', who: 'lu', stories: { good: granted } },
  { code: '000818001001', who: 'gu', stories: { good: granted }, says: { driver_id: '990104198506170012' } },
  { code: '000806001001', who: 'shen', stories: { good: granted }, says: { which: 'no_home' } },
];

const only = process.env.ITEMS?.split(' ');
const processOf = (code) => known.get(code).process.key;

async function begin(city, desks) {
  const walks = [];
  for (const { code, who, says = {}, stories } of list.filter((each) => processOf(each.code) !== 'side-by-side' && (!only || only.includes(processOf(each.code))))) {
    for (const [key, parts] of Object.entries(stories)) {
      const walk = new Walk(desks, code, processOf(code), key);
      Object.assign(walk, { login: who, parts });
      walks.push(walk);
      try {
        const person = await Person.signIn(city, who);
        walk.caseNo = (await apply(person, code, { ...says, ...walk.says() }, newKey())).case_no;
      } catch (error) {
        walk.failed = error;
      }
    }
  }
  return walks;
}

// Numbers of processes are given in order, in a city that has just been made: the one of each case says so.
async function findInstances(walks, desks) {
  const operator = await desks.person('yuwen');
  for (let number = 1; ; number += 1) {
    const got = await operator.get(`/api/instances/${number}`);
    if (got.status !== 200) break;
    walks.find((each) => each.caseNo === got.json.case_no)?.begun(got.json.case_no, number);
  }
  for (const walk of walks.filter((each) => !each.failed && !each.instance)) walk.failed = new Error(`${walk.name}: no process of ${walk.caseNo}`);
}

const decisionOf = (walk) => walk.at.scopes.find((scope) => scope.parent === 0)?.variables.decision ?? null;

async function checkEnd(walk, desks) {
  assert.ok(walk.isOver(), walk.stands());
  assert.equal(decisionOf(walk), walk.story.decision, `the decision; done: ${walk.past.join(', ')}`);
  const person = await desks.applicant(walk);
  const document = await person.must(person.get(`/cases/${walk.caseNo}`), 200);
  for (const sub of document.sub_cases) {
    const wanted = sub.is_waived ? 'waived' : walk.parts[sub.part] ?? walk.parts['*'];
    assert.equal(sub.state, wanted, `part ${sub.part} ${sub.name}`);
    if (sub.state === 'granted' && !walk.parts.isNoted && known.get(walk.code).parts.find((part) => part.id === sub.part).certificate) {
      assert.ok(sub.certificate_url, `part ${sub.part} ${sub.name}: no certificate`);
    }
  }
  assert.deepEqual(document.to_do ?? [], [], 'nothing is left to do');
  assert.ok(Number.isInteger(document.act), 'the submission is an act');
  if (document.sub_cases.some((sub) => ['refused', 'rejected'].includes(sub.state))) {
    assert.ok(document.notices.length > 0, 'whoever gets a no is told so in writing');
  }
}

export async function items() {
  await removeFolder(folder);
  const city = await City.open(folder);
  const desks = new Desks(city, Person.signIn);
  try {
    const walks = await begin(city, desks);
    await findInstances(walks.filter((walk) => !walk.failed), desks);
    await lead(walks.filter((walk) => !walk.failed), desks);
    for (const walk of walks) {
      await test(`${walk.name}: ${walk.story.title_en}`, async () => {
        if (walk.failed) throw walk.failed;
        await checkEnd(walk, desks);
      });
    }
    await test('nothing of it stands still for a person of the operation to mend', async () => {
      const operator = await desks.person('yuwen');
      const { rows } = await operator.must(operator.get('/incidents'), 200);
      assert.deepEqual(rows, []);
    });
    await test('the log holds all that was done', async () => {
      const got = await city.portal.verify();
      assert.equal(got.code, 0, got.out + got.err);
    });
  } finally {
    await city.close();
  }
}
