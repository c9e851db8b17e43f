/*
 * The designer of decision tables (dmn-js) inside a form that works without it: what is drawn is put into the form's text when it is sent.
 * If there is anything in the text that dmn-js does not know, and would lose, it stays away and the form is used as it is.
 */
(() => {
  'use strict';
  const id = (name) => document.getElementById(name);
  const form = id('designer-form');
  const text = id('xml');
  const nonce = document.currentScript.nonce;

  // The editor of expressions writes its styles into an element.  Our policy lets those in that carry this page's nonce.
  const create = document.createElement.bind(document);
  document.createElement = (name, options) => {
    const element = create(name, options);
    if (String(name).toLowerCase() === 'style') element.nonce = nonce;
    return element;
  };

  // dmn-js writes DMN 1.3.  For all that it knows, 1.4 and 1.5 differ in the name of their namespaces only.
  const known = { model: 'https://www.omg.org/spec/DMN/20191111/MODEL/', di: 'https://www.omg.org/spec/DMN/20191111/DMNDI/' };
  const later = /https:\/\/www\.omg\.org\/spec\/DMN\/(20211108|20230324)\/(MODEL|DMNDI)\//g;
  const release = (text.value.match(/https:\/\/www\.omg\.org\/spec\/DMN\/(20211108|20230324)\/MODEL\//) || [])[1];
  const inward = (xml) => xml.replace(later, (all, year, part) => (part === 'MODEL' ? known.model : known.di));
  const outward = (xml) => (release ? xml.replaceAll('/spec/DMN/20191111/', `/spec/DMN/${release}/`) : xml);

  const words = document.documentElement.lang.startsWith('zh') ? window.designerWords || {} : {};
  const say = (template, values) =>
    (words[template] || template).replace(/{([^}]+)}/g, (all, name) => (values && name.trim() in values ? values[name.trim()] : all));
  const translate = { additionalModules: [{ translate: ['value', say] }] };

  const designer = new window.DmnJS({
    container: id('designer'), drd: translate, decisionTable: translate, literalExpression: translate, boxedExpression: translate,
  });
  let changed = false;

  const show = () => {
    const active = designer.getActiveView();
    const list = id('designer-views');
    list.replaceChildren(...designer.getViews().map((view) => {
      const item = create('li');
      const link = create('a');
      link.href = '#designer-views';
      link.textContent = view.type === 'drd' ? say('Diagram') : view.element.name || view.element.id;
      if (active && active.element === view.element) link.setAttribute('aria-current', 'true');
      link.addEventListener('click', (event) => {
        event.preventDefault();
        designer.open(view);
      });
      item.append(link);
      return item;
    }));
    id('designer-place').value = active ? active.element.id : '';
  };

  const begin = async () => {
    const { warnings } = await designer.importXML(inward(text.value));
    if (warnings.length > 0) throw new Error(warnings[0].message);
    id('designer-part').hidden = false;
    const views = designer.getViews();
    const wanted = views.find((view) => view.element.id === id('designer-place').value);
    const table = views.find((view) => view.type === 'decisionTable');
    designer.on('views.changed', show);
    await designer.open(wanted || table || views[0]);
    show();
    const begun = (await designer.saveXML({ format: true })).xml;
    form.addEventListener('submit', async (event) => {
      if (id('file').value !== '' || form.dataset.isDrawn === 'yes') return;
      event.preventDefault();
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); // what is being typed counts, too
      const { xml } = await designer.saveXML({ format: true });
      if (xml !== begun) text.value = outward(xml); // untouched, it stays as it was written
      form.dataset.isDrawn = 'yes';
      setTimeout(() => { // a form that is still telling of its submission does not begin another one
        changed = false;
        form.requestSubmit();
      });
    });
    const note = () => { changed = true; };
    id('designer').addEventListener('input', note);
    id('designer').addEventListener('change', note);
    window.addEventListener('beforeunload', (event) => {
      if (changed) event.preventDefault();
    });
    form.dataset.isReady = 'yes';
  };

  begin().catch(() => {
    id('designer-part').hidden = true;
    id('designer-refused').hidden = false;
    id('by-file').open = true;
    form.dataset.isReady = 'refused';
  });
})();
