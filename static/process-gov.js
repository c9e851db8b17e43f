/*
 * The vocabulary gov: for the designer of processes (moddle), so that it is kept and can be changed: what src/process/gov_read.c reads.  An element that stands in
 * extensionElements is a type; attributes on elements of BPMN itself extend those.
 */
window.processGov = (() => {
  'use strict';
  const type = (name, ...attributes) => ({
    name, superClass: ['Element'], properties: attributes.map((attribute) => ({ name: attribute, isAttr: true, type: 'String' })),
  });
  const extend = (name, base, ...attributes) => ({
    name, extends: [base], properties: attributes.map((attribute) => ({ name: attribute, isAttr: true, type: 'String' })),
  });
  return {
    name: 'gov',
    uri: 'https://zhengtong.example/ns/gov',
    prefix: 'gov',
    xml: { tagAlias: 'lowerCase' },
    types: [
      type('Clock', 'id', 'rule', 'kind', 'org'),
      type('On', 'at', 'clock', 'do', 'basis'),
      type('State', 'at', 'value', 'zh', 'en'),
      type('Assignment', 'role', 'org', 'region', 'power'),
      type('Form', 'key'),
      type('Outcome', 'code', 'zh', 'en', 'act', 'reason', 'form', 'power'),
      type('Supplement', 'fields', 'within', 'expired', 'basis'),
      type('Return', 'to'),
      type('Second-person', 'after'),
      type('Countersign', 'rule', 'pass'),
      type('Job', 'type', 'retries'),
      type('Input', 'name', 'value'),
      type('Output', 'name', 'value'),
      type('Rule', 'key', 'decision'),
      type('Handover', 'node', 'process'),
      type('Message', 'key'),
      type('Act', 'kind', 'zh', 'en'),
      extend('Named', 'bpmn:BaseElement', 'en', 'result'),
      extend('ByClock', 'bpmn:TimerEventDefinition', 'clock', 'when', 'missed'),
    ],
  };
})();
