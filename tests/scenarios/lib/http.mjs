// Requests to 127.0.0.1: well-formed ones through node:http, the others as bytes on a socket.
import http from 'node:http';
import net from 'node:net';

const patienceMs = 20000;
const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
const boundary = 'zhengtong-scenario-5b1d';

function documentOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// What goes out: a JSON document, a form, or parts of a form with files.
function bodyOf(wish) {
  if (wish.json !== undefined) return ['application/json', Buffer.from(JSON.stringify(wish.json))];
  if (wish.form !== undefined) return ['application/x-www-form-urlencoded', Buffer.from(new URLSearchParams(wish.form).toString())];
  if (wish.parts !== undefined) return [`multipart/form-data; boundary=${boundary}`, multipart(wish.parts)];
  return [undefined, wish.body];
}

// Each part is {name, text} or {name, file, bytes}.
export function multipart(parts) {
  const pieces = [];
  for (const part of parts) {
    const file = part.file === undefined ? '' : `; filename="${part.file}"\r\nContent-Type: application/octet-stream`;
    pieces.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${part.name}"${file}\r\n\r\n`));
    pieces.push(part.bytes ?? Buffer.from(part.text), Buffer.from('\r\n'));
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return Buffer.concat(pieces);
}

// wish: {method, token, cookie, key, headers, json | form | parts | body, accept}
export function ask(port, path, wish = {}) {
  const [type, body] = bodyOf(wish);
  const headers = { Accept: wish.accept ?? 'application/json' };
  if (wish.token) headers.Authorization = `Bearer ${wish.token}`;
  if (wish.cookie) headers.Cookie = wish.cookie;
  if (wish.key) headers['Idempotency-Key'] = wish.key;
  if (type) headers['Content-Type'] = type;
  if (body) headers['Content-Length'] = body.length;
  Object.assign(headers, wish.headers);
  const method = wish.method ?? (body === undefined ? 'GET' : 'POST');
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path, method, headers, agent, timeout: wish.timeoutMs ?? patienceMs });
    request.once('timeout', () => request.destroy(new Error(`${method} ${path}: no answer`)));
    request.once('error', reject);
    request.once('response', (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        const bytes = Buffer.concat(pieces);
        const text = bytes.toString('utf8');
        resolve({ status: response.statusCode, headers: response.headers, bytes, text, json: documentOf(text) });
      });
    });
    request.end(body);
  });
}

// The answers that a socket brings for these bytes, until the other side closes or `answers` of them are there.
export function raw(port, bytes, { answers = 1, waitMs = 8000, slowly } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let got = Buffer.alloc(0);
    const settle = (closed) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ...parse(got), closed });
    };
    const timer = setTimeout(() => settle(false), waitMs);
    socket.on('data', (piece) => {
      got = Buffer.concat([got, piece]);
      const soFar = parse(got);
      if (soFar.complete && --answers === 0) setTimeout(() => settle(socket.readableEnded), 20);
    });
    socket.once('end', () => settle(true));
    // A server that has answered and closed may reset what is still being sent; the answer counts.
    socket.once('error', (error) => (got.length > 0 ? settle(true) : (clearTimeout(timer), reject(error))));
    socket.write(bytes);
    if (slowly) slowly(socket);
  });
}

function parse(got) {
  const end = got.indexOf('\r\n\r\n');
  if (end < 0) return { status: 0, head: '', text: '', complete: false };
  const head = got.subarray(0, end).toString('latin1');
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  const text = got.subarray(end + 4, end + 4 + length).toString('utf8');
  return {
    status: Number(head.split(' ')[1]),
    head,
    type: /\r\ncontent-type: *([^\r;]+)/i.exec(head)?.[1],
    text,
    json: documentOf(text),
    complete: got.length >= end + 4 + length,
  };
}

// A request whose answer nobody reads: the bytes go out, and the connection ends as soon as they are on their way.
export function askAndLeave(port, path, wish) {
  const [type, body] = bodyOf(wish);
  const head = [`POST ${path} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${wish.token}`, `Content-Type: ${type}`, `Content-Length: ${body.length}`];
  if (wish.key) head.push(`Idempotency-Key: ${wish.key}`);
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('close', resolve);
    socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]), () => socket.destroy());
  });
}

export function closeIdle() {
  agent.destroy();
}
