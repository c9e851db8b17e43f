// The process desk in a real browser: the public reads a process without a script, an official changes a drawing and what stands behind it in the designer (bpmn-js, from
// the node itself), by mouse and by keyboard, tries it, proposes it, and a second person consents.  Usage: node processes.mjs   Ends with "N passed, N failed".
import { has, must, openKit, press } from './kit.mjs';

const process_ = '/processes/testing';
const { city, step, look, visitor, finish } = await openKit('processes', ['#designer']);

async function openDesigner(page, path = `${process_}/edit`) {
  await page.goto(city.origin + path);
  await page.waitForSelector('#designer-form[data-is-ready]');
  return page.getAttribute('#designer-form', 'data-is-ready');
}
async function save(page) {
  await press(page, 'button:has-text("保存并检查")');
  await page.waitForSelector('#designer-form[data-is-ready]');
}
const json = async (page, path) => (await page.request.get(city.origin + path, { headers: { Accept: 'application/json' } })).json();
const field = (page, group, label) => page.locator(`#panel details[data-title="${group}"] .field:has(label:text-is("${label}"))`).locator('input, select, textarea').first();

/* --- the public --------------------------------------------------------------------------------- */

await step('anyone reads a process without a script, as a picture and in order', async () => {
  const guest = await visitor('', false);
  await guest.goto(`${city.origin}/processes`);
  await press(guest, 'main a[href="/processes/testing"]');
  await has(guest, '现行第 1 版');
  must((await guest.locator('svg.bp g[data-element]').count()) > 10, 'no picture');
  await guest.click('.bp-steps summary');
  must((await guest.locator('.bp-steps li').count()) > 5 && (await guest.isVisible('.bp-steps li >> nth=1')), 'nothing in order');
  must((await guest.evaluate(() => 1).catch(() => 0)) === 1, 'the page is gone');
});
await step('the pages of the public', async () => {
  const guest = await visitor('');
  await guest.goto(`${city.origin}/processes`);
  await look(guest, 'list');
  await guest.goto(city.origin + process_);
  await look(guest, 'process');
  await guest.goto(`${city.origin}/preferences?lang=en&back=%2Fprocesses`);
  await guest.goto(`${city.origin}/processes/newborn`);
  await has(guest, 'The father authorises');
  await look(guest, 'newborn-en');
});

/* --- the designer ---------------------------------------------------------------------------------- */

const author = await visitor('gongsun');

await step('the designer opens on the drawing, from this origin alone, and shows the mark of bpmn.io', async () => {
  must((await openDesigner(author)) === 'yes', 'the designer stayed away');
  must((await author.locator('#designer .djs-shape').count()) > 5, 'no drawing');
  must(await author.isVisible('#designer a.bjs-powered-by'), 'no mark');
  must(author.strange.length === 0, author.strange.join(' '));
  await look(author, 'designer');
});
await step('what stands behind an element is changed in a form, by keyboard alone, and undone like a stroke', async () => {
  await author.focus('#designer svg[tabindex]');
  const picked = () => author.inputValue('#designer-place');
  for (let i = 0; i < 20 && (await picked()) !== 'assign_two'; i += 1) await author.keyboard.press('n');
  must((await picked()) === 'assign_two', `the keyboard picked ${await picked()}`);
  await field(author, 'Element', '名称').fill('指派两名检验员');
  await author.keyboard.press('Tab');
  must((await author.evaluate(() => document.activeElement.tagName)) === 'INPUT', 'the focus was lost'); // it goes on to the next field
  must((await author.textContent('#designer [data-element-id=assign_two]')).includes('检验员'), 'the drawing does not follow');
  await author.focus('#designer svg[tabindex]');
  await author.keyboard.press('Control+z');
  must((await field(author, 'Element', '名称').inputValue()) === '指派两名人员', 'it was not undone');
  await field(author, 'Element', '名称').fill('指派两名检验员');
  await author.keyboard.press('Tab');
});
await step('an outcome that nobody handles is found after saving, at its element, and what was changed is told', async () => {
  await author.locator('#panel details[data-title="Outcomes"]').evaluate((d) => { d.open = true; });
  const before = await author.locator('#panel details[data-title="Outcomes"] .bp-row').count();
  for (const code of ['inside', 'outside']) {
    await author.click('#panel details[data-title="Outcomes"] > div > button');
    const row = author.locator('#panel details[data-title="Outcomes"] .bp-row').last();
    for (const [label, text] of [['代码', code], ['中文', code === 'inside' ? '本单位' : '外单位'], ['英文', code]]) {
      await row.locator(`.field:has(label:text-is("${label}")) input`).fill(text);
    }
    await author.keyboard.press('Tab');
  }
  must((await author.locator('#panel details[data-title="Outcomes"] .bp-row').count()) === before + 2, 'no rows were added');
  await save(author);
  await has(author, '指派两名检验员');
  await has(author, '可选的结果');
  const saved = await json(author, `${process_}/edit`);
  must(saved.xml.includes('<gov:outcome code="outside" zh="外单位" en="outside"') && saved.xml.includes('<gov:assignment'), 'what stands behind it is not in the text');
  must(saved.compared.count === 1 && saved.compared.moved.length === 0, JSON.stringify(saved.compared).slice(0, 400));
  must((await author.inputValue('#designer-place')) === 'assign_two', 'another element is picked after saving');
  must(saved.finding_count > 0, 'nothing was found');
  must((await author.locator('#designer .bp-finding').count()) > 0, 'nothing is marked in the drawing');
  await author.click('#findings button >> nth=0');
  await look(author, 'found');
});
await step('no script and no style of the designer needs an exception', async () => {
  const refused = await author.evaluate(() => window.refused);
  must(refused.every((directive) => directive === 'style-src-attr'), refused.join(' '));
  must(author.strange.length === 0, author.strange.join(' '));
});
await step('a step is drawn with the mouse, and what is missing about it is told', async () => {
  await author.click('#designer .djs-context-pad [data-action="append.end-event"]'); // of the element that is still picked
  await author.keyboard.press('Escape');
  await save(author);
  const saved = await json(author, `${process_}/edit`);
  must(saved.compared.added.length === 2, JSON.stringify(saved.compared.added)); // the end and the way to it
  await look(author, 'drawn');
  await press(author, 'form[action$="/edit/drop"] button');
});
await step('each process of the city goes through the designer unchanged', async () => {
  const { processes } = await json(author, '/processes');
  await openDesigner(author);
  const csrf = await author.getAttribute('input[name=csrf]', 'value');
  must(processes.length >= 33, 'processes are missing');
  for (const { key } of processes) {
    const base = await (await author.request.get(`${city.origin}/processes/${key}/versions/1/file`)).text();
    const model = await author.evaluate(async (xml) => {
      const place = document.body.appendChild(document.createElement('div'));
      const designer = new window.BpmnJS({ container: place, moddleExtensions: { gov: window.processGov } });
      const { warnings } = await designer.importXML(xml);
      const drawn = (await designer.saveXML({ format: true })).xml;
      designer.destroy();
      place.remove();
      return warnings.length > 0 ? `${warnings[0].message}` : drawn;
    }, base);
    const looked = await (await author.request.post(`${city.origin}/api/processes/check`, { data: { model, base }, headers: { 'X-CSRF-Token': csrf } })).json();
    must(looked.is_readable === true && looked.finding_count === 0, `${key}: ${JSON.stringify(looked.findings ?? model).slice(0, 300)}`);
    must(looked.compared.count === 0 && looked.compared.moved.length === 0, `${key}: ${JSON.stringify(looked.compared).slice(0, 300)}`);
  }
});
await step('a text that the designer would lose something of is left to the form', async () => {
  const page = await visitor('baili');
  await openDesigner(page);
  const unknown = (await page.inputValue('#xml')).replace('<userTask ', '<unheardOf/><userTask ');
  await page.click('#by-file summary');
  await page.setInputFiles('#file', { name: 'a.bpmn', mimeType: 'application/xml', buffer: Buffer.from(unknown) });
  await press(page, 'button:has-text("保存并检查")');
  await page.waitForSelector('#designer-form[data-is-ready=refused]');
  must(await page.isVisible('#designer-refused') && !(await page.isVisible('#designer-part')), 'the designer is there');
  await has(page, '不支持');
  await press(page, 'form[action$="/edit/drop"] button');
});
await step('a text without a drawing is laid out, and can then be drawn', async () => {
  const page = await visitor('baili');
  await openDesigner(page);
  const bare = (await page.inputValue('#xml')).replace(/<bpmndi:BPMNDiagram[\s\S]*<\/bpmndi:BPMNDiagram>/, '');
  await page.click('#by-file summary');
  await page.setInputFiles('#file', { name: 'a.bpmn', mimeType: 'application/xml', buffer: Buffer.from(bare) });
  await press(page, 'button:has-text("保存并检查")');
  await page.waitForSelector('#designer-form[data-is-ready=yes]');
  must((await page.locator('#designer .djs-shape').count()) > 5, 'no drawing');
  await has(page, '这是自动排出来的');
  await look(page, 'laid-out');
  await press(page, 'form[action$="/edit/drop"] button');
});

/* --- trying it --------------------------------------------------------------------------------------------- */

await step('a draft is tried, and what happened is played on the picture by keyboard', async () => {
  await openDesigner(author);
  await press(author, 'a[href$="/simulate"]');
  await look(author, 'try');
  await author.fill('input[name="after.assign_two"]', '3');
  await author.fill('#variables', '{"wrong"');
  await press(author, 'main form button.btn');
  await has(author, '请写成 JSON 对象');
  must((await author.inputValue('input[name="after.assign_two"]')) === '3', 'what was chosen is gone');
  await look(author, 'try-wrong');
  await author.fill('#variables', '');
  await press(author, 'main form button.btn');
  await author.waitForSelector('#player[data-is-ready]');
  await author.focus('#player [data-go=first]');
  await author.keyboard.press('Enter');
  must((await author.textContent('#player-says')).startsWith('1/'), 'it does not begin at the beginning');
  await author.keyboard.press('ArrowRight');
  must((await author.textContent('#player-says')).startsWith('2/'), 'the arrow does not lead on');
  must((await author.locator('svg.bp .bp-picked').count()) === 1, 'nothing is picked in the picture');
  const early = await author.locator('svg.bp .bp-done').count();
  await author.keyboard.press('End');
  must((await author.locator('svg.bp .bp-done').count()) > early, 'nothing more was done at the end');
  await look(author, 'tried');
});
await step('without a script the same is told line by line', async () => {
  const page = await visitor('baili', false);
  await page.goto(`${city.origin}${process_}/simulate`);
  await press(page, 'main form button.btn');
  must((await page.locator('#trace li:visible').count()) > 5 && !(await page.isVisible('#player')), 'no lines, or a player without a script');
});

await step('where open cases are is shown, by version', async () => {
  await author.goto(city.origin + process_);
  await press(author, 'a[href$="/live"]');
  await has(author, '开着的办件');
  must((await author.locator('svg.bp g[data-element]').count()) > 10, 'no picture');
  await look(author, 'live');
});
await step('the desk speaks English, too', async () => {
  const page = await visitor('baili');
  await page.goto(`${city.origin}/preferences?lang=en&back=%2Fprocesses`);
  must((await openDesigner(page)) === 'yes', 'the designer stayed away');
  await page.click('#designer [data-element-id=assign_two]');
  must(await page.isVisible('#panel summary:text-is("Who does it")'), 'the form is not in English');
  await look(page, 'designer-en');
});

/* --- into law ------------------------------------------------------------------------------------------ */

await step('without a script the same page is a form', async () => {
  const page = await visitor('gongsun', false);
  await page.goto(`${city.origin}${process_}/edit`);
  must(!(await page.isVisible('#designer-part')), 'a designer without a script');
  await page.click('#by-file summary');
  await page.fill('#xml', (await page.inputValue('#xml')).replace('指派两名人员', '指派两名检验员'));
  await press(page, 'button:has-text("保存并检查")');
  await has(page, '指派两名检验员');
});
await step('what is missing in a proposal is said at its field', async () => {
  await openDesigner(author);
  await press(author, 'a[href$="/propose"]');
  await author.fill('#reason', '说清楚是检验员');
  await press(author, 'main form button.btn');
  await has(author, '请写明法律依据');
  must((await author.inputValue('#reason')).includes('检验员'), 'what was typed is gone');
  await look(author, 'propose-again');
  await author.fill('#basis', '《行政许可法》第五十五条');
  await press(author, 'main form button.btn');
  await has(author, '要由同一部门');
  must((await author.locator('input[name=verdict][value=publish]').count()) === 0, 'the author may consent');
});
await step('the second person sees what changes, and consents', async () => {
  const second = await visitor('baili');
  await second.goto(`${city.origin}/processes`);
  await has(second, '等待第二人复核');
  await press(second, 'main a[href="/processes/testing"]');
  await press(second, 'a:has-text("查看并复核")');
  must((await second.locator('svg.bp .bp-changed').count()) === 1, 'the change is not marked in the picture');
  await look(second, 'second');
  await second.check('input[value=publish]');
  await press(second, '#decide button');
  await has(second, '待施行');
  await has(second, '提请时查出的问题');
  await look(second, 'published');
});
await step('two versions stand side by side', async () => {
  const guest = await visitor('', false);
  await guest.goto(city.origin + process_);
  await press(guest, 'a[href$="/compare"]');
  await has(guest, '指派两名检验员');
  must((await guest.textContent('main del')).includes('指派两名人员'), 'the old name is not told');
});

await finish();
