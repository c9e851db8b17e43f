// A source whose clock is an hour off: nothing is taken from it, and the form says that it is the clock.
import { strict as assert } from 'node:assert';
import { Person, fieldOf } from '../scenarios/lib/people.mjs';
import { test } from '../scenarios/lib/report.mjs';

const hour = 3600;

async function ask(shen, lang) {
  const { revision } = await shen.section('shop');
  await shen.must(shen.post(`/apply/${shen.draft}/shop`, { revision, retry: '*' }), 200);
  return shen.must(shen.get(`/apply/${shen.draft}/shop`, { cookie: `lang=${lang}` }), 200);
}

export async function clock(city) {
  const source = city.nodes.dengji;
  const shen = await Person.signIn(city, 'shen');
  await shen.open();
  await shen.begin();
  for (const [name, shift] of [['ahead', hour], ['behind', -hour]]) {
    await test(`the clock of a source is an hour ${name}: the form comes, and says so`, async () => {
      await source.stop();
      await source.startAgain({ ZT_NODE_CLOCK_SHIFT_S: String(source.clockShiftS + shift) });
      for (const [lang, words] of [['zh', /市场监管局的时钟和我们对不上/], ['en', /has a clock that disagrees with ours/]]) {
        const shop = await ask(shen, lang);
        const { source: silent } = fieldOf(shop, 'company_code');
        assert.ok(silent.is_silent, JSON.stringify(silent));
        assert.match(silent.problem, words);
        assert.equal(fieldOf(shop, 'owner_name').value, '沈知遥');
      }
    });
  }
  await test('when the clock is right, asking again fetches', async () => {
    await source.stop();
    await source.startAgain();
    const shop = await ask(shen, 'zh');
    assert.ok(fieldOf(shop, 'company_code').source.is_fetched);
  });
  await test('the log of that source verifies', async () => {
    const got = await source.verify();
    assert.equal(got.code, 0, got.out + got.err);
  });
}
