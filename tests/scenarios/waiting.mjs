// What days of waiting bring, on the real program: the city is closed and opened again later, with the clocks of all its nodes.  Nothing of it
// goes back to an earlier day, so this is the last of the scenarios.
import { strict as assert } from 'node:assert';
import { until } from './lib/city.mjs';
import { Person } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const part = (document, id) => document.sub_cases.find((sub) => sub.part === id);

async function caseLater(city, number, holds, says) {
  const person = await Person.signIn(city, 'shen');
  return until(async () => {
    const document = await person.must(person.get(`/cases/${number}`), 200);
    return holds(document) && document;
  }, says);
}

export async function waiting(city) {
  const person = await Person.signIn(city, 'shen');
  const number = await person.open();
  const before = await person.must(person.get(`/cases/${number}`), 200);
  await test('ten days later nobody has said anything: the application counts as accepted', async () => {
    assert.equal(part(before, '1').state, 'submitted');
    await city.later(10);
    const document = await caseLater(city, number, (one) => part(one, '1').state === 'accepted', 'silence is acceptance');
    assert.ok(part(document, '1').clock.used_days >= 5, 'counted from the day of the application');
  });
  await test('three months later the promise is long over, and the case says so', async () => {
    await city.later(90);
    const document = await caseLater(city, number, (one) => part(one, '1').clock.colour === 'red', 'a promise is over');
    assert.ok(part(document, '1').clock.left_days < -40, JSON.stringify(part(document, '1').clock));
  });
  await test('nodes still speak with each other under the later clock', async () => {
    const shen = await Person.signIn(city, 'shen');
    await shen.begin();
    const { section } = await shen.section('shop');
    assert.ok(section.fields.some((field) => field.is_prefill && field.source && !field.waiting), JSON.stringify(section.fields).slice(0, 400));
  });
}
