// Any form of the city, filled in as its document says: what registers know stays as it is, the rest is typed by the kind of its field, unless
// somebody has said what to answer.
import { strict as assert } from 'node:assert';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './city.mjs';
import { picture } from './people.mjs';

export const items = new Map(readdirSync(join(root, 'demo/items'))
  .map((name) => JSON.parse(readFileSync(join(root, 'demo/items', name), 'utf8'))).map((item) => [item.code, item]));

// An ID number of nobody: the region belongs to no place.
export function identifier(first17) {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, i) => total + weight * Number(first17[i]), 0);
  return first17 + '10X98765432'[sum % 11];
}

function applies(when, answers) {
  if (!when) return true;
  const value = answers[when.field];
  return 'has' in when ? value?.includes(when.has) : value === when.is;
}

const byType = {
  phone: () => '154 0000 0826',
  choice: (field) => field.choices[0].value,
  choices: (field) => field.choices.map((choice) => choice.value),
  number: (field) => String(field.example ?? field.min ?? 1),
  text: (field) => field.example ?? `${field.title_zh}（示例）`.slice(0, field.max_length ?? 100),
  date: () => '2026 11 20',
  person_id: () => identifier('99010219891212011'),
  check: () => 'yes',
  upload: (field) => [{ name: field.id, file: 'picture.png', bytes: picture(field.id) }],
  prefill: (field) => field.example ?? '登记里没有，自己填',
};

// What is sent of a section: what the page already shows from a register is left out.
function answersOf(section, page, says, answers) {
  const sent = {};
  for (const field of section.fields) {
    const shown = page.section.fields.find((each) => each.id === field.id);
    const isKnown = field.type === 'prefill' && shown?.source && !shown.waiting;
    const isLeft = says[field.id] === undefined && (isKnown || (field.required === false && field.type !== 'check'));
    if (isLeft || !applies(field.when, answers)) continue;
    answers[field.id] = sent[field.id] = says[field.id] ?? byType[field.type](field);
  }
  return sent;
}

export function partsOf(values) {
  return Object.entries(values).flatMap(([name, value]) => {
    if (!Array.isArray(value)) return [{ name, text: String(value) }];
    return value.map((one) => (typeof one === 'string' ? { name, text: one } : one));
  });
}

// From the first section to the case: {case_no}.
export async function apply(person, code, says, key) {
  const item = items.get(code);
  const answers = {};
  person.draft = (await person.must(person.get(`/items/${code}/apply`), 200)).draft;
  for (const section of item.form.sections) {
    const page = await person.section(section.id);
    const sent = answersOf(section, page, says, answers);
    const saved = await person.upload(`/apply/${person.draft}/${section.id}`, partsOf({ ...sent, revision: page.revision }));
    assert.equal(saved.status, 200, `${code} ${section.id}: ${JSON.stringify(saved.json?.errors?.list ?? saved.text.slice(0, 300))}`);
  }
  const got = await person.submit(key);
  assert.equal(got.status, 201, `${code}: ${JSON.stringify(got.json?.errors?.list ?? got.text.slice(0, 300))}`);
  return got.json;
}

// A value that fits a JSON Schema of a task: what is required, by its kind.
export function fitting(schema, name = '') {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.oneOf) return fitting(schema.oneOf[0], name);
  if (schema.type === 'object' || schema.properties) {
    return Object.fromEntries((schema.required ?? []).map((each) => [each, fitting(schema.properties[each] ?? {}, each)]));
  }
  if (schema.type === 'array') return Array.from({ length: schema.minItems ?? 1 }, (_, i) => fitting(schema.items ?? {}, `${name}${i}`));
  if (schema.type === 'boolean') return true;
  if (schema.type === 'number' || schema.type === 'integer') return schema.minimum ?? 1;
  if (schema.format === 'date-time') return '2026-11-28T10:00:00+08:00';
  if (schema.format === 'date') return '2026-11-28';
  if (schema.pattern?.includes('0-9A-Z')) return '99010001';
  return '按现场情况记录'.padEnd(schema.minLength ?? 0, '录');
}
