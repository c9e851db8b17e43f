/*
 * The form beside the designer of processes: a plain form of HTML over one element at a time.  What can be changed where stands in one table; each change is
 * a command of the designer, so that it can be undone like a stroke of the drawing.
 */
window.processPanel = (modeler, host, say) => {
  'use strict';
  const modeling = modeler.get('modeling');
  const moddle = modeler.get('moddle');
  const registry = modeler.get('elementRegistry');
  const ofType = (...types) => (bo) => types.some((type) => bo.$instanceOf(`bpmn:${type}`));
  const isUser = ofType('UserTask');
  const isEvent = ofType('Event');
  const any = () => true;
  const definition = (bo, type) => (bo.eventDefinitions || []).find((d) => !type || d.$type === `bpmn:${type}`);
  let element = null;
  let isWriting = false; // what the form itself changes it need not show anew: the focus stays where it is

  /* --- commands --------------------------------------------------------------------------------------- */

  const change = (target, properties) => modeling.updateModdleProperties(element, target, properties);
  const create = (type, properties, parent) => {
    const made = moddle.create(type, properties);
    made.$parent = parent;
    return made;
  };
  const gov = (bo, type) => ((bo.extensionElements && bo.extensionElements.get('values')) || []).filter((e) => e.$type === `gov:${type}`);

  function setGov(bo, type, list) {
    const extensions = bo.extensionElements || create('bpmn:ExtensionElements', { values: [] }, bo);
    const others = extensions.get('values').filter((e) => e.$type !== `gov:${type}`);
    list.forEach((e) => { e.$parent = extensions; });
    const values = [...others, ...list];
    if (!bo.extensionElements) {
      extensions.set('values', values);
      change(bo, { extensionElements: extensions });
    } else if (values.length === 0) {
      change(bo, { extensionElements: undefined });
    } else {
      change(extensions, { values });
    }
  }

  const isEmpty = (row) => Object.values(row).every((value) => value === '');

  function writeRows(bo, type, rows, names) {
    const made = rows.filter((row) => !isEmpty(row)).map((row) => {
      const properties = {};
      names.forEach((name) => { if (row[name] !== '') properties[name] = row[name]; });
      return moddle.create(`gov:${type}`, properties);
    });
    setGov(bo, type, made);
  }

  const expression = (text, parent) => create('bpmn:FormalExpression', { body: text }, parent);
  const bodyOf = (value) => (value && value.body) || '';

  // What an event or task refers to by name stands once in the model.
  function setGlobal(holder, reference, type, name, code) {
    const root = modeler.getDefinitions();
    const codes = { 'bpmn:Error': 'errorCode', 'bpmn:Escalation': 'escalationCode' };
    let found = (root.rootElements || []).find((e) => e.$type === type && e.name === name);
    if (!found && name !== '') {
      found = moddle.create(type, { id: modeler.get('bpmnFactory')._model.ids.nextPrefixed(`${type.slice(5)}_`), name });
      found.$parent = root;
      change(root, { rootElements: [...root.rootElements, found] });
    }
    if (found && codes[type] && code !== undefined) change(found, { [codes[type]]: code === '' ? undefined : code });
    change(holder, { [reference]: name === '' ? undefined : found });
  }

  /* --- what can be changed ------------------------------------------------------------------------------ */

  const text = (label, read, write, more) => ({ label, read, write, ...more });
  const own = (name, label, more) => text(label, (bo) => bo.get(name) || '', (bo, value) => modeling.updateProperties(element, { [name]: value === '' ? undefined : value }), more);
  const global = (type, reference, base, code) => [
    text('Name', (bo) => (definition(bo, type)[reference] || {}).name || '', (bo, value) => setGlobal(definition(bo, type), reference, base, value)),
    ...(code ? [text('Code', (bo) => (definition(bo, type)[reference] || {})[code] || '',
      (bo, value) => setGlobal(definition(bo, type), reference, base, (definition(bo, type)[reference] || {}).name || value, value))] : []),
  ];
  const timers = ['timeDuration', 'timeDate', 'timeCycle'];
  const timerKind = (bo) => timers.find((name) => definition(bo, 'TimerEventDefinition')[name]) || 'timeDuration';
  const when = ['', 'enter', 'leave', 'cancel'];
  const loop = (bo) => bo.loopCharacteristics;
  const many = (bo) => loop(bo) && loop(bo).$type === 'bpmn:MultiInstanceLoopCharacteristics';

  const groups = [
    { title: 'Element', for: any, fields: [
      own('name', 'Name'),
      own('gov:en', 'English name'),
      text('Note', (bo) => ((bo.documentation || [])[0] || {}).text || '', (bo, value) => change(bo, {
        documentation: value === '' ? undefined : [create('bpmn:Documentation', { text: value }, bo)] }), { long: true }),
      { label: 'Id', read: (bo) => bo.id, fixed: true },
    ] },
    { title: 'Way', for: (bo) => bo.$type === 'bpmn:SequenceFlow', fields: [
      text('Condition (FEEL)', (bo) => bodyOf(bo.conditionExpression), (bo, value) => modeling.updateProperties(element, {
        conditionExpression: value === '' ? undefined : expression(value, bo) }), { feel: true, long: true }),
    ] },
    { title: 'Who does it', for: isUser, gov: 'Assignment', fields: [
      { name: 'role', label: 'Role', choices: ['', 'officer', 'citizen'] }, { name: 'org', label: 'Organisation', feel: true },
      { name: 'region', label: 'Region', feel: true }, { name: 'power', label: 'Power', feel: true },
    ] },
    { title: 'Outcomes', for: isUser, gov: 'Outcome', many: true, fields: [
      { name: 'code', label: 'Code' }, { name: 'zh', label: 'Chinese' }, { name: 'en', label: 'English' }, { name: 'act', label: 'Act' },
      { name: 'reason', label: 'Reason', choices: ['', 'optional', 'required', 'none'] }, { name: 'form', label: 'Form', choices: ['', 'none'] },
      { name: 'power', label: 'Power', feel: true },
    ] },
    { title: 'Form', for: isUser, gov: 'Form', fields: [{ name: 'key', label: 'Key' }] },
    { title: 'Supplement, once', for: isUser, gov: 'Supplement', fields: [
      { name: 'fields', label: 'Fields', feel: true }, { name: 'within', label: 'Within (P15D)', feel: true }, { name: 'expired', label: 'Outcome when it expires' },
      { name: 'basis', label: 'Legal basis' },
    ] },
    { title: 'May be returned to', for: isUser, gov: 'Return', fields: [{ name: 'to', label: 'Elements (ids)' }] },
    { title: 'Second person', for: isUser, gov: 'Second-person', fields: [{ name: 'after', label: 'Not by whom did (id)' }] },
    { title: 'Countersigning', for: (bo) => isUser(bo) && many(bo), gov: 'Countersign', fields: [
      { name: 'rule', label: 'Rule', choices: ['', 'all', 'majority', 'one-veto'] }, { name: 'pass', label: 'Outcome that agrees' },
    ] },
    { title: 'Job', for: ofType('ServiceTask', 'SendTask'), gov: 'Job', fields: [{ name: 'type', label: 'Type' }, { name: 'retries', label: 'Retries' }] },
    { title: 'Rule of law', for: ofType('BusinessRuleTask'), gov: 'Rule', fields: [{ name: 'key', label: 'Key', feel: true }, { name: 'decision', label: 'Decision' }] },
    { title: 'Inputs', for: ofType('ServiceTask', 'SendTask', 'BusinessRuleTask', 'CallActivity'), gov: 'Input', many: true, fields: [
      { name: 'name', label: 'Name' }, { name: 'value', label: 'Value', feel: true }] },
    { title: 'Outputs', for: ofType('CallActivity'), gov: 'Output', many: true, fields: [{ name: 'name', label: 'Name' }, { name: 'value', label: 'Value', feel: true }] },
    { title: 'Result', for: ofType('UserTask', 'ScriptTask', 'BusinessRuleTask', 'ServiceTask'), fields: [own('gov:result', 'Variable')] },
    { title: 'Script', for: ofType('ScriptTask'), fields: [own('script', 'FEEL', { feel: true, long: true })] },
    { title: 'Called process', for: ofType('CallActivity'), fields: [own('calledElement', 'Key')] },
    { title: 'On another node', for: ofType('CallActivity'), gov: 'Handover', fields: [{ name: 'node', label: 'Node', feel: true }, { name: 'process', label: 'Key', feel: true }] },
    { title: 'Repeated', for: many, fields: [
      text('How often (FEEL)', (bo) => bodyOf(loop(bo).loopCardinality), (bo, value) => change(loop(bo), {
        loopCardinality: value === '' ? undefined : expression(value, loop(bo)) }), { feel: true }),
      text('Complete when (FEEL)', (bo) => bodyOf(loop(bo).completionCondition), (bo, value) => change(loop(bo), {
        completionCondition: value === '' ? undefined : expression(value, loop(bo)) }), { feel: true }),
    ] },
    { title: 'Timer', for: (bo) => isEvent(bo) && definition(bo, 'TimerEventDefinition'), fields: [
      { label: 'Kind', choices: timers, read: timerKind, write: (bo, value) => {
        const timer = definition(bo, 'TimerEventDefinition');
        const body = bodyOf(timer[timerKind(bo)]) || 'P1D';
        change(timer, { timeDuration: undefined, timeDate: undefined, timeCycle: undefined, [value]: expression(body, timer) });
      } },
      text('ISO 8601 or FEEL', (bo) => bodyOf(definition(bo, 'TimerEventDefinition')[timerKind(bo)]), (bo, value) => change(definition(bo, 'TimerEventDefinition'), {
        [timerKind(bo)]: value === '' ? undefined : expression(value, definition(bo, 'TimerEventDefinition')) }), { feel: true }),
      text('Or a clock of the case', (bo) => definition(bo, 'TimerEventDefinition').get('gov:clock') || '', (bo, value) => change(definition(bo, 'TimerEventDefinition'), {
        'gov:clock': value === '' ? undefined : value })),
      { label: 'When the clock', choices: ['', 'warn', 'over'], read: (bo) => definition(bo, 'TimerEventDefinition').get('gov:when') || '',
        write: (bo, value) => change(definition(bo, 'TimerEventDefinition'), { 'gov:when': value === '' ? undefined : value }) },
    ] },
    { title: 'Message', for: (bo) => isEvent(bo) && definition(bo, 'MessageEventDefinition'), fields: global('MessageEventDefinition', 'messageRef', 'bpmn:Message') },
    { title: 'Message', for: ofType('SendTask', 'ReceiveTask'), fields: [
      text('Name', (bo) => (bo.messageRef || {}).name || '', (bo, value) => setGlobal(bo, 'messageRef', 'bpmn:Message', value))] },
    { title: 'Signal', for: (bo) => isEvent(bo) && definition(bo, 'SignalEventDefinition'), fields: global('SignalEventDefinition', 'signalRef', 'bpmn:Signal') },
    { title: 'Error', for: (bo) => isEvent(bo) && definition(bo, 'ErrorEventDefinition'), fields: global('ErrorEventDefinition', 'errorRef', 'bpmn:Error', 'errorCode') },
    { title: 'Escalation', for: (bo) => isEvent(bo) && definition(bo, 'EscalationEventDefinition'),
      fields: global('EscalationEventDefinition', 'escalationRef', 'bpmn:Escalation', 'escalationCode') },
    { title: 'Condition', for: (bo) => isEvent(bo) && definition(bo, 'ConditionalEventDefinition'), fields: [
      text('Condition (FEEL)', (bo) => bodyOf(definition(bo, 'ConditionalEventDefinition').condition), (bo, value) => change(definition(bo, 'ConditionalEventDefinition'), {
        condition: expression(value, definition(bo, 'ConditionalEventDefinition')) }), { feel: true, long: true }),
    ] },
    { title: 'Correlation', for: (bo) => ofType('SendTask', 'ReceiveTask')(bo) || (isEvent(bo) && definition(bo, 'MessageEventDefinition')), gov: 'Message',
      fields: [{ name: 'key', label: 'Key', feel: true }] },
    { title: 'Clocks', for: ofType('Process', 'SubProcess'), gov: 'Clock', many: true, fields: [
      { name: 'id', label: 'Id' }, { name: 'rule', label: 'Rule' }, { name: 'kind', label: 'Kind', choices: ['', 'promised', 'statutory', 'joint', 'department'] },
      { name: 'org', label: 'Organisation', feel: true } ] },
    { title: 'Clocks here', for: ofType('FlowNode'), gov: 'On', many: true, fields: [
      { name: 'at', label: 'At', choices: when }, { name: 'clock', label: 'Clock' }, { name: 'do', label: 'Do', choices: ['', 'start', 'pause', 'resume', 'stop'] },
      { name: 'basis', label: 'Legal basis' } ] },
    { title: 'Progress shown', for: ofType('FlowNode'), gov: 'State', many: true, fields: [
      { name: 'at', label: 'At', choices: ['', 'enter', 'leave'] }, { name: 'value', label: 'Code' }, { name: 'zh', label: 'Chinese' }, { name: 'en', label: 'English' }] },
    { title: 'Act', for: ofType('FlowNode'), gov: 'Act', fields: [{ name: 'kind', label: 'Kind' }, { name: 'zh', label: 'Chinese' }, { name: 'en', label: 'English' }] },
  ];

  /* --- the form ------------------------------------------------------------------------------------------ */

  let count = 0;
  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  function control(field, value, write) {
    count += 1;
    const id = `panel-${count}`;
    let input;
    if (field.choices) {
      input = make('select', { className: 'in', id }, ...field.choices.map((choice) => make('option', { value: choice, selected: choice === value }, choice === '' ? '' : say(choice))));
    } else if (field.long) {
      input = make('textarea', { className: `in${field.feel ? ' code' : ''}`, id, rows: 3, spellcheck: !field.feel, value });
    } else {
      input = make('input', { className: `in${field.feel ? ' code' : ''}`, type: 'text', id, value, spellcheck: !field.feel, readOnly: Boolean(field.fixed) });
    }
    if (write) {
      input.addEventListener('change', () => {
        isWriting = true;
        try {
          write(input.value.trim());
        } finally {
          isWriting = false;
        }
      });
    }
    const label = make('label', {}, say(field.label));
    label.htmlFor = id;
    return make('div', { className: 'field' }, label, input);
  }

  const rowsOf = (bo, group) => gov(bo, group.gov).map((e) => Object.fromEntries(group.fields.map(({ name }) => [name, e.get(name) || ''])));

  function govGroup(bo, group, box) {
    const names = group.fields.map(({ name }) => name);
    const rows = rowsOf(bo, group);
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    if (!group.many && rows.length === 0) rows.push(empty);
    const list = make('div', { className: 'bp-rows' });
    const addRow = (row) => {
      const index = rows.indexOf(row);
      const part = make('div', { className: group.many ? 'bp-row' : '' });
      group.fields.forEach((field) => part.append(control(field, row[field.name], (value) => {
        row[field.name] = value;
        writeRows(bo, group.gov, rows, names);
      })));
      if (group.many) {
        const remove = make('button', { type: 'button', className: 'link' }, `${say('Remove')} ${index + 1}`);
        remove.addEventListener('click', () => {
          rows.splice(rows.indexOf(row), 1);
          writeRows(bo, group.gov, rows, names);
          part.remove();
          add.focus();
        });
        part.append(remove);
      }
      list.append(part);
      return part;
    };
    const add = make('button', { type: 'button', className: 'link' }, `${say('Add')}${say(': ')}${say(group.title)}`);
    rows.forEach(addRow);
    box.append(list);
    if (group.many) {
      add.addEventListener('click', () => {
        const row = { ...empty };
        rows.push(row);
        addRow(row).querySelector('input, select').focus();
      });
      box.append(add);
    }
  }

  function show(next) {
    const fields = host.querySelector('#panel-fields');
    const open = new Set([...fields.querySelectorAll('details[open]')].map((d) => d.dataset.title));
    element = next && next.type !== 'label' ? next : next && next.labelTarget;
    fields.replaceChildren();
    host.querySelector('#panel-none').hidden = Boolean(element);
    if (!element) return;
    let bo = element.businessObject;
    if (bo.$type === 'bpmn:Participant' && bo.processRef) bo = bo.processRef;
    groups.filter((group) => group.for(bo)).forEach((group) => {
      const isFilled = group.gov ? gov(bo, group.gov).length > 0 : true;
      const box = make('details', { open: isFilled || open.has(group.title) }, make('summary', {}, say(group.title)));
      box.dataset.title = group.title;
      const inside = make('div', {});
      if (group.gov) {
        govGroup(bo, group, inside);
      } else {
        group.fields.forEach((field) => inside.append(control(field, field.read(bo), field.write && ((value) => field.write(bo, value)))));
      }
      box.append(inside);
      fields.append(box);
    });
  }

  modeler.on('selection.changed', ({ newSelection }) => show(newSelection.length === 1 ? newSelection[0] : modeler.get('canvas').getRootElement()));
  modeler.on('commandStack.changed', () => { // undone, or drawn: the form follows, unless somebody types in it
    if (element && !isWriting && !host.contains(document.activeElement)) show(registry.get(element.id));
  });
  show(modeler.get('canvas').getRootElement());
  return { show };
};
