// Each service of the city that has a form: what registers know is already filled in, the rest is typed, and every part is decided by an
// officer who has the power for it.
import { strict as assert } from 'node:assert';
import { identifier, items } from './lib/form.mjs';
import { ask } from './lib/http.mjs';
import { Person, newKey, picture } from './lib/people.mjs';
import { test } from './lib/report.mjs';

const father = identifier('99010219891212011');
const phone = '154 0000 0826';
const file = ['picture.png', picture()];
const card = { account: 'card' };

const officers = {
  '990100-QR-0620': 'dongguo', '990100-GF-0621': 'dongguo', '990100-JF-0620': 'dongguo', '990100-QR-0110': 'huangfu', '990100-QR-0111': 'huangfu',
  '990100-QT-0111': 'huangfu', '990100-QT-0112': 'huangfu', '990100-QR-0801': 'huangfu', '990100-QR-0805': 'zongzheng', '990100-GF-0804': 'zongzheng',
  '990100-JF-0806': 'zongzheng', '990100-JF-0807': 'zongzheng', '990100-JF-0808': 'zongzheng', '990100-QR-0803': 'chunyu', '990100-GF-0803': 'chunyu',
  '990100-JF-0810': 'chunyu', '990100-JF-0811': 'chunyu', '990100-QT-0201': 'shentu', '990100-ZS-0202': 'shentu', '990100-QT-0203': 'shentu',
  '990100-QR-0515': 'liangqiu', '990100-GF-0806': 'liangqiu', '990100-GF-0517': 'xuanyuan', '990100-GF-0518': 'xuanyuan', '990100-GF-0807': 'lvqiu',
  '990100-XK-0818': 'duanmu', '990100-QR-0802': 'gongye', '990100-JF-0802': 'gongye', '990100-JF-0812': 'gongye', '990100-GF-0930': 'huyan',
  '990100-QR-0505': 'weisheng', '990100-QR-0506': 'weisheng', '990100-JF-0509': 'helian', '990100-XK-0101': 'guliang', '990100-GF-0102': 'sikou',
  '990100-GF-0110': 'sikou', '990100-GF-0111': 'sikou',
};

// Who applies, what registers know about that person, and what is typed, section by section; parts that do not apply are waived.
const list = [
  { code: '000620002001', who: 'shen', knows: ['owner_name', 'owner_id', 'born_on', 'hospital', 'marriage'], waived: ['3', '4', '5'],
    says: { mother: { phone }, child: { child_name: '沈小满', household_side: 'mother' }, father: { father_id: father }, wishes: { also: ['benefit'], bank_no: '6200000000000826' } } },
  { code: '000131001001', who: 'lu', knows: ['owner_name'], waived: ['6', '7'],
    says: { who: { phone, capital: '10', owners: '陆小满 100%' }, what: { company_name: '云溪市小满烘焙有限公司', scope: '糕点制售', address: '东湖区听荷路 35 号' }, also: { also: ['seal', 'tax', 'insurance', 'health'], staff: '3' } } },
  { code: '000508005001', who: 'shen', knows: ['owner_name'], waived: ['4', '5', '6'],
    says: { you: { phone, relation: 'child' }, dead: { dead_name: '沈望', dead_id: identifier('99010219500101001'), died_on: '2026 11 20', died_where: 'here' }, also: { also: ['pension', 'fund'], ...card } } },
  { code: '000515001001', who: 'lu', knows: ['owner_name', 'home_no', 'home_address', 'home_state'],
    says: { seller: { phone }, buyer: { buyer_name: '沈知遥', buyer_id: father, buyer_phone: phone }, deal: { contract_no: 'WQ20261120018', price: '880000', first_home: 'first', meters: ['water', 'gas'] } } },
  { code: '000803001001', who: 'tang', knows: ['insured_kind', 'insured_place'], says: { insured: { phone }, away: { away: '980100', why: 'live', promise: 'yes' } } },
  { code: '000801001001', who: 'shen', knows: ['registered_since', 'months'], says: { you: { phone }, kind: { kind: 'renew', address: '文澜路 7 号', delivery: 'hall' } } },
  { code: '000805001001', who: 'he', knows: ['status'], says: { you: { phone }, pay: { base: '4200', with_health: 'yes', pay_by: 'self' } } },
  { code: '000508004001', who: 'gu', knows: ['owner_name'], says: { you: { phone, home_node: 'haichuan' }, what: { which: ['living'], certificate_no: '98010219800101001542', ...card } } },
  { code: '000620003001', who: 'he', knows: ['child_name', 'born_on'], says: { child: { relation: 'mother' }, pay: { ...card, phone } } },
  { code: '000804001001', who: 'fang', knows: ['owner_name'], says: { you: { phone, situation: 'lost' }, card: { photo: file, bank: 'any', delivery: 'hall' } } },
  { code: '000807001001', who: 'lu', knows: ['household_address', 'home', 'months'],
    says: { parent: { phone }, child: { child_name: '陆豆', child_id: identifier('99010320200301002'), live: 'own', honoured: 'no' }, wish: { first: 'tinghe', adjust: 'yes' } } },
  { code: '000517001001', who: 'he', knows: ['household_address', 'marriage', 'fund_months'],
    says: { you: { phone }, family: { members: `何苗 ${father} 女儿`, income: '5200' }, wish: { district: '990104', rooms: '1', truth: 'yes' } } },
  { code: '000802001001', who: 'shen', knows: ['fund_months', 'balance', 'marriage'], says: { you: { phone }, rent: { home_kind: 'market', rent: '1800', ...card } } },
  { code: '000930001001', who: 'shen', knows: ['plate'], says: { you: { phone }, place: { estate: '云居苑', place_no: 'B-17', right: 'own', property_org: '91990100000000211R' } } },
  { code: '000810001001', who: 'shen', knows: ['insured_kind', 'wage', 'born_on', 'hospital'], says: { you: { phone }, pay: card } },
  { code: '000805002001', who: 'he', knows: ['status', 'contribution'], says: { you: { phone }, what: { group: 'older', consent: 'yes', ...card } } },
  { code: '000131003001', who: 'lu', knows: ['company_code', 'company_name'], says: { company: { phone }, clear: { kind: 'one_person', debts: 'yes', promise: 'yes' } } },
  { code: '000818001001', who: 'gu', knows: ['company_code', 'company_name', 'plate'],
    says: { company: { phone }, lorry: { tonnes: '12', driver_id: father, driver_card: 'CY990100826', rules: file } } },
  { code: '000508006001', who: 'tang', knows: ['owner_name'], says: { you: { phone, photo: file, plastic: 'no' } } },
  { code: '000806001001', who: 'shen', knows: ['household', 'status'], says: { you: { phone }, what: { which: 'no_home', purpose: '孩子报名', receiver: '文澜小学' } } },
  { code: '000110001001', who: 'fang', knows: ['owner_name'], says: { what: { phone, kind: 'complaint', about: '119901000000000430', subject: '路灯不亮', text: '新港社区潮生路路口三盏路灯不亮。' } } },
  { code: '000110002001', who: 'tang', knows: ['owner_name'], says: { what: { phone, subject: '公交线路调整方案', text: '2026 年清河区公交线路调整方案', form_of: 'file', delivery: 'online' } } },
];

async function fill(person, service) {
  const known = new Set();
  person.draft = (await person.must(person.get(`/items/${service.code}/apply`), 200)).draft;
  for (const [id, values] of Object.entries(service.says)) {
    const { section, revision } = await person.section(id);
    for (const field of section.fields) {
      if (field.is_prefill && field.source && !field.waiting) known.add(field.id);
    }
    const files = Object.entries(values).filter(([, value]) => value === file);
    const saved = files.length === 0
      ? person.post(`/apply/${person.draft}/${id}`, { ...values, revision })
      : person.upload(`/apply/${person.draft}/${id}`, [...Object.entries(values).filter(([, value]) => value !== file).map(([name, text]) => ({ name, text })),
        { name: 'revision', text: String(revision) }, ...files.map(([name, [named, bytes]]) => ({ name, file: named, bytes }))]);
    const got = await saved;
    assert.equal(got.status, 200, `${service.code} ${id}: ${JSON.stringify(got.json?.errors?.list ?? got.text.slice(0, 300))}`);
  }
  return known;
}

export async function services(city) {
  const desks = new Map();
  const desk = async (login) => {
    if (!desks.has(login)) desks.set(login, await Person.signIn(city, login));
    return desks.get(login);
  };

  await test('each has a guide that a person reads in Chinese and in English, without a script', async () => {
    for (const { code } of list) {
      const { json } = await ask(city.portal.port, `/items/${code}`);
      const zh = await ask(city.portal.port, `/items/${code}`, { accept: 'text/html' });
      const en = await ask(city.portal.port, `/items/${code}?lang=en`, { accept: 'text/html' });
      assert.ok(zh.status === 200 && zh.text.includes(json.name) && zh.text.includes(`/items/${code}/apply`), code);
      assert.ok(en.status === 200 && !en.text.includes(`<h1>${json.name}`) && !/<script/.test(en.text), code);
    }
  });
  for (const service of list) {
    await test(`${service.code} is asked for in its form, and decided by whoever has the power`, async () => {
      const person = await Person.signIn(city, service.who);
      const known = await fill(person, service);
      assert.deepEqual(service.knows.filter((id) => !known.has(id)), [], 'registers did not tell');
      const { case_no } = await person.must(person.submit(), 201);
      const { sub_cases } = await person.must(person.get(`/cases/${case_no}`), 200);
      const guide = (await person.must(person.get(`/items/${service.code}`), 200));
      assert.deepEqual(sub_cases.filter((sub) => sub.state === 'waived').map((sub) => sub.part), service.waived ?? [], JSON.stringify(sub_cases).slice(0, 400));
      if (items.get(service.code).process.key !== 'side-by-side') return; // items.mjs leads those to their end
      for (const sub of sub_cases.filter((one) => one.state !== 'waived')) {
        const { power } = sub;
        const officer = await desk(officers[power] ?? assert.fail(`nobody for ${JSON.stringify(sub).slice(0, 300)}`));
        await officer.must(officer.post(`/desk/${case_no}-${sub.part}/accept`, {}, { key: newKey() }), 200);
        await officer.must(officer.post(`/desk/${case_no}-${sub.part}/decide`, { result: 'grant', reason: '符合规定。', power }, { key: newKey() }), 200);
      }
      const after = await person.must(person.get(`/cases/${case_no}`), 200);
      assert.ok(after.sub_cases.every((sub) => ['granted', 'waived'].includes(sub.state)), guide.name);
    });
  }
}
