/*
 * The designer of processes (bpmn-js) inside a form that works without it: what is drawn is put into the form's text when it is sent.
 * If there is anything in the text that bpmn-js does not know, and would lose, it stays away and the form is used as it is.
 */
(() => {
  'use strict';
  const id = (name) => document.getElementById(name);
  const form = id('designer-form');
  const text = id('xml');
  const nonce = document.currentScript.nonce;

  // Whatever writes its styles into an element: our policy lets those in that carry this page's nonce.
  const create = document.createElement.bind(document);
  document.createElement = (name, options) => {
    const element = create(name, options);
    if (String(name).toLowerCase() === 'style') element.nonce = nonce;
    return element;
  };

  const words = document.documentElement.lang.startsWith('zh') ? window.processWords || {} : {};
  const say = (template, values) =>
    (words[template] || template).replace(/{([^}]+)}/g, (all, name) => (values && name.trim() in values ? values[name.trim()] : all));

  const modeler = new window.BpmnJS({
    container: id('designer'), moddleExtensions: { gov: window.processGov },
    additionalModules: [{ translate: ['value', say] }],
  });
  let changed = false;

  // The steps in the order of the drawing, for those who move by keyboard.
  const steps = () => modeler.get('elementRegistry')
    .filter((e) => e.parent && e.type !== 'label' && !e.waypoints && e.type !== 'bpmn:Participant' && e.type !== 'bpmn:Lane')
    .sort((a, b) => a.x - b.x || a.y - b.y);

  function pick(element, byKeyboard) {
    if (!element) return;
    modeler.get('selection').select(element);
    modeler.get('canvas').scrollToElement(element, 80);
    id('designer-place').value = element.id;
    if (byKeyboard) id('designer').querySelector('svg').focus();
  }

  function move(event) {
    if (event.key.toLowerCase() !== 'n' || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) ||
        event.target.isContentEditable) return;
    const all = steps();
    const [now] = modeler.get('selection').get();
    const at = all.indexOf(now);
    pick(all[(at + (event.shiftKey ? -1 : 1) + all.length) % all.length], true);
    event.preventDefault();
  }

  // What was found stands at its element, too, and each line leads there.
  function showFindings() {
    const overlays = modeler.get('overlays');
    document.querySelectorAll('#findings li[data-element]').forEach((line) => {
      const element = line.dataset.element && modeler.get('elementRegistry').get(line.dataset.element);
      if (!element || !element.parent) return;
      const sign = create('span');
      sign.className = `bp-finding ${line.className}`;
      sign.textContent = line.className === 'no' ? '×' : '?';
      sign.title = line.textContent.trim();
      overlays.add(element, { position: { top: -12, left: -12 }, html: sign });
      const go = create('button');
      go.type = 'button';
      go.className = 'link';
      go.textContent = say('Show it');
      go.addEventListener('click', () => {
        pick(element, true);
        id('designer-part').scrollIntoView();
      });
      line.querySelector('span').append(' ', go);
    });
  }

  const begin = async () => {
    id('designer-part').hidden = false; // what is hidden has no size
    const { warnings } = await modeler.importXML(text.value);
    if (warnings.length > 0) throw new Error(warnings[0].message);
    const canvas = modeler.get('canvas');
    const { inner, outer } = canvas.viewbox(); // as much as can be read, from where the process begins
    const scale = Math.max(0.8, Math.min(1, (outer.width - 140) / inner.width, (outer.height - 40) / inner.height));
    canvas.viewbox({ x: inner.x - 120 / scale, y: inner.y - 20 / scale, width: outer.width / scale, height: outer.height / scale });
    window.processPanel(modeler, id('panel'), say);
    showFindings();
    pick(modeler.get('elementRegistry').get(id('designer-place').value), false);
    modeler.on('selection.changed', ({ newSelection }) => {
      id('designer-place').value = newSelection.length === 1 ? newSelection[0].id.replace(/_label$/, '') : '';
    });
    id('designer').addEventListener('keydown', move);
    modeler.on('commandStack.changed', () => { changed = modeler.get('commandStack').canUndo(); });
    form.addEventListener('submit', async (event) => {
      if (id('file').value !== '' || form.dataset.isDrawn === 'yes') return;
      event.preventDefault();
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); // what is being typed counts, too
      if (modeler.get('commandStack').canUndo()) text.value = (await modeler.saveXML({ format: true })).xml; // untouched, it stays as it was written
      form.dataset.isDrawn = 'yes';
      setTimeout(() => { // a form that is still telling of its submission does not begin another one
        changed = false;
        form.requestSubmit();
      });
    });
    window.addEventListener('beforeunload', (event) => {
      if (changed) event.preventDefault();
    });
    form.dataset.isReady = 'yes';
  };

  begin().catch((error) => {
    id('designer-part').hidden = true;
    id('designer-refused').hidden = false;
    id('designer-refused').title = String(error.message || error);
    id('by-file').open = true;
    form.dataset.isReady = 'refused';
  });
})();
