// What programs of the city do for a case stands where it can be read: registers are asked, a proof is issued, and whoever may not see the case
// sees nothing of it.
import { strict as assert } from 'node:assert';
import { until } from './lib/city.mjs';
import { apply } from './lib/form.mjs';
import { ask } from './lib/http.mjs';
import { Person, newKey } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const proofs = '000806001001';

export async function errands(city) {
  const shen = await Person.signIn(city, 'shen');
  const { case_no: number } = await apply(shen, proofs, { which: 'household' }, newKey());
  const path = `/api/cases/${number}/errands`;
  const all = (person, lang) => person.must(person.get(`${path}?lang=${lang}`), 200);

  await test('registers are asked and the proof is issued without anybody', async () => {
    const done = await until(async () => {
      const { errands: list } = await all(shen, 'en');
      return list.some((each) => each.type === 'certificate.issue') && list;
    }, 'the proof is issued');
    assert.deepEqual(done.map((each) => each.type), ['exchange.check', 'certificate.issue']);
    assert.match(done[1].title, /issued$/);
    assert.ok(done.every((each) => each.data === undefined && each.proof_url === `/receipts/${each.act}.json`));
    const { sub_cases } = await shen.must(shen.get(`/cases/${number}`), 200);
    assert.ok(sub_cases[0].certificate_url);
  });
  await test('it says so in Chinese on the page of the case', async () => {
    const { text } = await shen.get(`/cases/${number}?lang=zh`, { accept: 'text/html' });
    assert.ok(text.includes('id="errands"') && text.includes('电子证明已发'), 'the page lists them');
  });
  await test('what registers were asked stands under who read my data, with its reason', async () => {
    const { reads } = await shen.must(shen.get('/readers?days=30&lang=en'), 200);
    assert.ok(reads.some((each) => each.case_no === number && each.kind === 'ask' && each.reason === 'To check it for your case'));
  });
  await test('nobody else sees it', async () => {
    const gu = await Person.signIn(city, 'gu');
    assert.equal((await gu.get(path)).status, 404);
    const stranger = await Person.signIn(city, 'shangguan');
    assert.ok([403, 404].includes((await stranger.get(path)).status));
    assert.ok([401, 403, 404].includes((await ask(city.portal.port, path)).status));
  });
  await test('what is shown to everyone has a page, and an office one of what it was given', async () => {
    for (const lang of ['zh', 'en']) {
      const shown = await ask(city.portal.port, `/announcements?lang=${lang}`, { accept: 'text/html' });
      assert.equal(shown.status, 200);
      const officer = await Person.signIn(city, 'ouyang');
      const given = await officer.get(`/given?lang=${lang}`, { accept: 'text/html' });
      assert.equal(given.status, 200);
    }
    assert.equal((await shen.get('/given')).status, 403);
  });
}
