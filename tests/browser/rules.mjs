// The rule desk in a real browser: the public reads a rule without a script, an official changes a threshold in the designer (dmn-js, from the node
// itself, under a policy without exceptions for scripts), proposes it, and a second person consents.  Usage: node rules.mjs   Ends with "N passed, N failed".
import { has, must, openKit, press } from './kit.mjs';

const rule = '/rules/elder-allowance';
const { city, step, look, visitor, finish } = await openKit('rules', ['#designer']);

async function openDesigner(page, path = `${rule}/edit`) {
  await page.goto(city.origin + path);
  await page.waitForSelector('#designer-form[data-is-ready]');
  return page.getAttribute('#designer-form', 'data-is-ready');
}

async function type(page, cell, text) {
  await page.click(`#designer td[data-element-id="${cell}"]`);
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text); // typed, an opening bracket would bring its closing one
}

/* --- the public --------------------------------------------------------------------------------- */

await step('anyone reads the rules without a script', async () => {
  const guest = await visitor('', false);
  await guest.goto(`${city.origin}/rules`);
  await has(guest, '高龄津贴');
  await press(guest, 'main a[href="/rules/elder-allowance"]');
  await has(guest, '现行第 1 版');
  await has(guest, '不小于 80 且小于 100');
});
await step('the pages of the public', async () => {
  const guest = await visitor('');
  await guest.goto(`${city.origin}/rules`);
  await look(guest, 'list');
  await guest.goto(city.origin + rule);
  await look(guest, 'rule');
  await guest.goto(`${city.origin}/preferences?theme=elder&back=%2Frules`);
  await guest.goto(city.origin + rule);
  await look(guest, 'rule-elder');
});

/* --- the designer ---------------------------------------------------------------------------------- */

const author = await visitor('gongsun');

await step('the designer opens on the table, from this origin alone, and shows the mark of bpmn.io', async () => {
  must((await openDesigner(author)) === 'yes', 'the designer stayed away');
  must(await author.isVisible('#designer .dmn-decision-table-container'), 'no table');
  must(await author.isVisible('#designer .bjs-powered-by, #designer .dmn-js-parent > a[href*="bpmn.io"], #designer a[href*="bpmn.io"]'), 'no mark');
  must(author.strange.length === 0, author.strange.join(' '));
  await look(author, 'designer');
});
await step('a changed threshold is saved, checked, and marked against the version in force', async () => {
  await type(author, 'old-age-allowance-r4-i4', '< 75');
  await type(author, 'old-age-allowance-r5-i4', '[74..100)');
  await press(author, 'button:has-text("保存并检查")');
  await author.waitForSelector('#designer-form[data-is-ready=yes]');
  await has(author, '有打叉的问题'); // 74 is in both rules
  must((await author.textContent('#designer-views [aria-current]')) === '高龄津贴', 'another table is open after saving');
  await look(author, 'overlap');
  await type(author, 'old-age-allowance-r5-i4', '[75..100)');
  await press(author, 'button:has-text("保存并检查")');
  await author.waitForSelector('#designer-form[data-is-ready=yes]');
  await has(author, '没有发现遗漏');
  await has(author, '有 1 个结果和预期不一样');
  must((await author.textContent('#found ~ section del')).includes('80'), 'the old threshold is not marked');
  await look(author, 'changed');
});
await step('no script and no style of the designer needs an exception', async () => {
  await author.click('#designer-views a >> nth=1');
  await author.click('#designer .dmn-literal-expression-container [contenteditable], #designer .literal-expression-editor, #designer textarea >> nth=0').catch(() => {});
  const refused = await author.evaluate(() => window.refused);
  must(refused.every((directive) => directive === 'style-src-attr'), refused.join(' '));
  must(author.strange.length === 0, author.strange.join(' '));
});
await step('a text that the designer would lose something of is left to the form', async () => {
  const page = await visitor('baili');
  await page.goto(city.origin + `${rule}/edit`);
  const xml = await page.inputValue('#xml');
  const unknown = xml.replace('<literalExpression>', '<unheardOf xmlns="urn:else"/><conditional/><literalExpression>');
  await page.waitForSelector('#designer-form[data-is-ready]');
  await page.click('#by-file summary');
  await page.setInputFiles('#file', { name: 'a.dmn', mimeType: 'application/xml', buffer: Buffer.from(unknown) });
  await press(page, 'button:has-text("保存并检查")');
  await page.waitForSelector('#designer-form[data-is-ready=refused]');
  must(await page.isVisible('#designer-refused') && !(await page.isVisible('#designer-part')), 'the designer is there');
  await press(page, 'form[action$="/edit/drop"] button');
});
// What dmn-js would lose something of, and the desk therefore leaves to the form: by name, so that none is passed over in silence.
const leftToForm = [];
await step('each rule of the city goes through the designer unchanged, and what is left to the form is named', async () => {
  const rules = (await (await author.request.get(`${city.origin}/rules`, { headers: { Accept: 'application/json' } })).json()).rules;
  const csrf = await author.getAttribute('input[name=csrf]', 'value');
  const post = async (door, data) => (await author.request.post(`${city.origin}/api/rules/${door}`, { data, headers: { 'X-CSRF-Token': csrf } })).json();
  const left = [];
  must(rules.length >= 18, 'rules are missing');
  for (const { key } of rules) {
    const base = await (await author.request.get(`${city.origin}/rules/${key}/versions/1/file`)).text();
    const { warnings, drawn: model } = await author.evaluate(async (xml) => {
      const place = document.body.appendChild(document.createElement('div'));
      const designer = new window.DmnJS({ container: place });
      const { warnings } = await designer.importXML(xml.replaceAll('/spec/DMN/20230324/', '/spec/DMN/20191111/'));
      const drawn = (await designer.saveXML({ format: true })).xml.replaceAll('/spec/DMN/20191111/', '/spec/DMN/20230324/');
      designer.destroy();
      place.remove();
      return { warnings: warnings.map((warning) => warning.message), drawn };
    }, base);
    if (warnings.length > 0) {
      left.push(key);
      console.log(`    ${key} is left to the form: ${warnings[0]}`);
      continue;
    }
    const looked = await post('check', { model, base });
    must(looked.readable === true && looked.changes === 0, `${key}: ${JSON.stringify(looked.fault ?? looked.changes)}`);
    const tried = await post('test', { model, key });
    must(tried.count > 0 && tried.failed === 0, `${key}: ${tried.failed} of ${tried.count} cases`);
  }
  must(left.join() === leftToForm.join(), `left to the form: ${left.join(' ')}; named are: ${leftToForm.join(' ')}`);
});

/* --- text that wants to be more than text ------------------------------------------------------------ */

const evil = '<img src=x onerror="window.hit=1"> <script>window.hit=1</script> "><svg onload=window.hit=1> \'-window.hit=1-\' {{{csrf}}}';
const quoted = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const inFeel = quoted(`"${evil.replaceAll('"', '\\"')}"`);

// Everywhere that a model may hold a text; decisions with such names are not readable as FEEL, so there are two of it.
function evilModel(name) {
  const e = quoted(evil);
  const at = (id, x, y) => `<dmndi:DMNShape id="s-${id}" dmnElementRef="${id}"><dc:Bounds height="80" width="180" x="${x}" y="${y}"/></dmndi:DMNShape>`;
  return `<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20230324/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" id="d" name="${e}" namespace="urn:evil"><description>${e}</description>
<inputData id="i" name="n" label="${e}"><description>${e}</description><variable id="iv" name="n" typeRef="number"/></inputData>
<decision id="t" name="${name}" label="${e}"><description>${e}</description><question>${e}</question><allowedAnswers>${e}</allowedAnswers><variable id="tv" name="${name}" typeRef="string"/><informationRequirement id="ir"><requiredInput href="#i"/></informationRequirement>
<decisionTable id="dt" hitPolicy="FIRST"><input id="c1" label="${e}"><inputExpression id="ie" typeRef="number"><text>n</text></inputExpression></input><output id="o1" label="${e}" name="r" typeRef="string"/>
<rule id="r1"><description>${e}</description><inputEntry id="e1"><text>1</text></inputEntry><outputEntry id="x1"><text>${inFeel}</text></outputEntry></rule></decisionTable></decision>
<decision id="l" name="second" label="${e}"><variable id="lv" name="second" typeRef="string"/><literalExpression id="le"><text>${inFeel}</text></literalExpression></decision>
<knowledgeSource id="ks" name="${e}"/><textAnnotation id="ta"><text>${e}</text></textAnnotation>
<dmndi:DMNDI><dmndi:DMNDiagram id="dg">${at('i', 100, 300)}${at('t', 100, 100)}${at('l', 400, 100)}${at('ks', 400, 300)}${at('ta', 700, 100)}</dmndi:DMNDiagram></dmndi:DMNDI></definitions>`;
}

// Nothing of it became an element, an attribute or a script; and nothing had to be stopped by the policy.
async function isOnlyText(page, where) {
  const found = await page.evaluate(() => ({
    hit: window.hit,
    born: document.querySelectorAll('img[src="x"], [onerror], [onload], script:not([src])').length,
    refused: (window.refused ?? []).filter((directive) => directive !== 'style-src-attr'),
  }));
  must(found.hit === undefined && found.born === 0 && found.refused.length === 0 && page.strange.length === 0,
    `${where}: ${JSON.stringify(found)} ${page.strange.join(' ')}`);
}

async function saveFile(page, xml) {
  await page.goto(`${city.origin}${rule}/edit`);
  await page.waitForSelector('#designer-form[data-is-ready]');
  if (!(await page.locator('#by-file').getAttribute('open').then((open) => open !== null))) await page.click('#by-file summary');
  await page.setInputFiles('#file', { name: 'a.dmn', mimeType: 'application/xml', buffer: Buffer.from(xml) });
  await press(page, 'button:has-text("保存并检查")');
  await page.waitForSelector('#designer-form[data-is-ready]');
  return page.getAttribute('#designer-form', 'data-is-ready');
}

for (const [what, name, seen] of [['in labels, notes and values', 'first', 'main .rule-tbl'], ['in the names of decisions, too', quoted(evil), '#found']]) {
  await step(`markup ${what} is text in the designer and on every page of the desk`, async () => {
    const page = await visitor('baili');
    page.on('dialog', (dialog) => { page.strange.push(dialog.message()); dialog.dismiss(); });
    must((await saveFile(page, evilModel(name))) === 'yes', 'the designer does not show it');
    await isOnlyText(page, 'as it opens');
    const views = await page.locator('#designer-views a').count();
    must(views >= 3, `${views} views`); // the diagram, the table, the expression
    let shown = '';
    for (let i = 0; i < views; i += 1) {
      await page.click(`#designer-views a >> nth=${i}`);
      await page.waitForSelector('#designer .dmn-decision-table-container, #designer .dmn-drd-container, #designer .dmn-literal-expression-container');
      const cells = page.locator('#designer td[data-element-id], #designer .djs-shape, #designer [contenteditable]');
      for (let k = 0; k < Math.min(await cells.count(), 12); k += 1) {
        await cells.nth(k).hover({ force: true, timeout: 2000 }).catch(() => {});
        await cells.nth(k).click({ force: true, timeout: 2000 }).catch(() => {});
        await cells.nth(k).dblclick({ force: true, timeout: 2000 }).catch(() => {});
      }
      shown += await page.textContent('#designer');
      await isOnlyText(page, `view ${i}`);
    }
    must(shown.includes('<img src=x'), 'the designer shows none of it');
    must((await page.locator(seen).allTextContents()).join().includes('<img src=x'), 'our own part of the page shows none of it');
    for (const path of ['/edit', '/propose', '/cases']) {
      await page.goto(`${city.origin}${rule}${path}`);
      await isOnlyText(page, path);
    }
    await page.goto(`${city.origin}${rule}/edit`);
    await page.waitForSelector('#designer-form[data-is-ready]');
    await press(page, 'form[action$="/edit/drop"] button');
  });
}
await step('were it more than text, the policy would stop it', async () => {
  const page = await visitor('baili');
  await page.goto(`${city.origin}${rule}/edit`);
  await page.waitForSelector('#designer-form[data-is-ready]');
  await page.evaluate(() => {
    document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="window.hit=1"><svg onload="window.hit=1"></svg><a id="run" href="javascript:window.hit=1">x</a>');
    const script = document.createElement('script');
    script.textContent = 'window.hit=1';
    document.body.append(script);
    document.getElementById('run').click();
  });
  await page.waitForFunction(() => window.refused.filter((directive) => directive.startsWith('script-src')).length >= 3);
  must((await page.evaluate(() => window.hit)) === undefined, 'it ran');
  const noticed = await isOnlyText(page, 'what was put in').then(() => false, () => true);
  must(noticed, 'the steps before would not have noticed');
});

/* --- into law ------------------------------------------------------------------------------------------ */

await step('without a script the same page is a form', async () => {
  const page = await visitor('baili', false);
  await page.goto(`${city.origin}${rule}/edit`);
  must(!(await page.isVisible('#designer-part')), 'a designer without a script');
  await page.click('#by-file summary');
  await page.fill('#xml', (await page.inputValue('#xml')).replace('[80..100)', '[80..90)'));
  await press(page, 'button:has-text("保存并检查")');
  await has(page, '例如：'); // nobody of 95 is told anything
  await press(page, 'form[action$="/edit/drop"] button');
});
await step('what is missing in a proposal is said at its field', async () => {
  await openDesigner(author);
  await press(author, 'a[href$="/propose"]');
  await look(author, 'propose');
  await author.fill('#reason', '起发年龄从 80 周岁降到 75 周岁');
  await press(author, 'main form button');
  await has(author, '请写明法律依据');
  must((await author.inputValue('#reason')).includes('75'), 'what was typed is gone');
  await look(author, 'propose-again');
  await author.fill('#basis', '云溪市高龄津贴发放办法（2026 年修订）第三条');
  await press(author, 'main form button');
  await has(author, '要由同一部门');
  must((await author.locator('input[name=verdict][value=publish]').count()) === 0, 'the author may consent');
  await look(author, 'author');
});
await step('the second person reads what changes, and consents', async () => {
  const second = await visitor('baili');
  await second.goto(`${city.origin}/rules`);
  await has(second, '等待第二人复核');
  await press(second, 'main a[href="/rules/elder-allowance"]');
  await press(second, 'a:has-text("查看并复核")');
  await look(second, 'second');
  await press(second, '#decide button');
  await has(second, '请选一个决定');
  await second.check('input[value=publish]');
  await press(second, '#decide button');
  await has(second, '待施行');
  await has(second, '百里知衡');
  await look(second, 'published');
});
await step('the stored cases have a page of their own', async () => {
  await author.goto(`${city.origin}${rule}/cases`);
  await has(author, '不一样');
  await look(author, 'cases');
});

await finish();
