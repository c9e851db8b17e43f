// What people do in the city: sign in, fill in the restaurant's form, submit.  A program's session, so no cookie.
import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { ask } from './http.mjs';

export const item = '000131002003';

// A smallest picture; `salt` makes another one of it that is still a PNG to whoever looks at its first bytes.
export function picture(salt = '') {
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==', 'base64');
  return Buffer.concat([png, Buffer.from(salt)]);
}

export const newKey = () => randomBytes(12).toString('hex');

export class Person {
  // At the portal, or at another node that the person works for.
  static async signIn(city, login, node = city.portal) {
    const person = new Person();
    person.city = city;
    person.port = node.port;
    const got = await ask(person.port, `/sign-in/demo?account=${login}&key=${city.key}`);
    assert.equal(got.status, 200, got.text.slice(0, 300));
    Object.assign(person, { login, token: got.json.token, csrf: got.json.csrf, role: got.json.role });
    return person;
  }

  get(path, wish = {}) {
    return ask(this.port, path, { token: this.token, ...wish });
  }

  post(path, json, wish = {}) {
    return ask(this.port, path, { token: this.token, json, ...wish });
  }

  upload(path, parts, wish = {}) {
    return ask(this.port, path, { token: this.token, parts, ...wish });
  }

  async must(promise, status) {
    const got = await promise;
    assert.equal(got.status, status, got.text.slice(0, 400));
    return got.json;
  }

  async begin() {
    this.draft = (await this.must(this.get(`/items/${item}/apply`), 200)).draft;
    return this.draft;
  }

  section(id) {
    return this.must(this.get(`/apply/${this.draft}/${id}`), 200);
  }

  async save(id, values) {
    const { revision } = await this.section(id);
    return this.must(this.post(`/apply/${this.draft}/${id}`, { ...values, revision }), 200);
  }

  async fill() {
    await this.begin();
    await this.save('shop', { phone: '154 0000 0826' });
    await this.save('place', { area: '86', fire: 'gas' });
    await this.save('trade', { business_kinds: ['hot', 'drinks'], delivery: 'yes', platforms: '2' });
    await this.save('staff', { staff_names: '沈知遥', health: 'yes' });
    await this.addPlan(picture());
  }

  async addPlan(bytes, name = 'plan.png') {
    const { revision } = await this.section('papers');
    return this.must(this.upload(`/apply/${this.draft}/papers`, [
      { name: 'promise', text: 'yes' }, { name: 'revision', text: String(revision) }, { name: 'plan', file: name, bytes },
    ]), 200);
  }

  submit(key = newKey()) {
    return this.post(`/apply/${this.draft}/submit`, { declare: 'yes' }, { key });
  }

  async open() {
    await this.fill();
    return (await this.must(this.submit(), 201)).case_no;
  }
}

// The value of a field of a section as the page shows it.
export function fieldOf(document, id) {
  return document.section.fields.find((field) => field.id === id);
}
