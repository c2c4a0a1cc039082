// The Redis wire protocol (RESP2 and RESP3), as much as a test needs: where a frame ends, what it says, and a small client that
// pipelines. Independent of the gateway's own client on purpose: a common mistake would hide a bug.

import { connect } from 'node:net';

const CR = 13;
const KINDS = new Set('+-:,#_($=!*~>%|');

function lineEnd(buffer, from) {
  for (let at = buffer.indexOf(CR, from); at !== -1; at = buffer.indexOf(CR, at + 1)) {
    if (at + 1 >= buffer.length) return -1;
    if (buffer[at + 1] === 10) return at;
  }
  return -1;
}

/** The index behind the frame that begins at `from`, or -1 where it is not all there yet. Throws on what is no RESP. */
export function frameEnd(buffer, from = 0) {
  if (from >= buffer.length) return -1;
  const kind = String.fromCharCode(buffer[from]);
  if (!KINDS.has(kind)) throw new Error(`No RESP frame begins with ${JSON.stringify(kind)}.`);
  const end = lineEnd(buffer, from + 1);
  if (end === -1) return -1;
  switch (kind) {
    case '$': case '=': case '!': {
      const length = Number(buffer.toString('latin1', from + 1, end));
      if (length === -1) return end + 2;
      const behind = end + 2 + length + 2;
      return behind <= buffer.length ? behind : -1;
    }
    case '*': case '~': case '>': case '%': case '|': {
      const count = Number(buffer.toString('latin1', from + 1, end)) * (kind === '%' || kind === '|' ? 2 : 1);
      let at = end + 2;
      for (let i = 0; i < count; i += 1) {
        at = frameEnd(buffer, at);
        if (at === -1) return -1;
      }
      return at;
    }
    default:
      return end + 2;
  }
}

class RedisError extends Error {}

function read(buffer, from) {
  const kind = String.fromCharCode(buffer[from]);
  const end = lineEnd(buffer, from + 1);
  const head = buffer.toString('utf8', from + 1, end);
  const plain = { '+': () => head, '-': () => new RedisError(head), ':': () => Number(head), ',': () => Number(head), '#': () => head === 't', _: () => null, '(': () => BigInt(head) };
  if (plain[kind]) return [plain[kind](), end + 2];
  const count = Number(head);
  if (count === -1) return [null, end + 2];
  if (kind === '$' || kind === '=' || kind === '!') {
    const text = buffer.toString('utf8', end + 2, end + 2 + count);
    return [kind === '!' ? new RedisError(text) : text, end + 4 + count];
  }
  const items = [];
  let at = end + 2;
  for (let i = 0; i < count * (kind === '%' || kind === '|' ? 2 : 1); i += 1) {
    const [item, behind] = read(buffer, at);
    items.push(item);
    at = behind;
  }
  if (kind !== '%') return [kind === '>' ? { push: items } : items, at];
  return [Object.fromEntries(items.flatMap((item, i) => (i % 2 === 0 ? [[item, items[i + 1]]] : []))), at];
}

/** What a whole frame says: texts, numbers, arrays, objects for maps, `{ push: […] }`, errors as values. */
export function valueOf(frame) {
  return read(frame, 0)[0];
}

export function encode(parts) {
  const pieces = [`*${parts.length}\r\n`];
  for (const part of parts) pieces.push(`$${Buffer.byteLength(String(part))}\r\n`, String(part), '\r\n');
  return Buffer.from(pieces.join(''), 'utf8');
}

/** Cuts a stream into whole frames; what is not whole yet waits for the next chunk. */
export class Framer {
  #rest = Buffer.alloc(0);

  *frames(chunk) {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    try {
      for (let end = frameEnd(bytes, at); end !== -1; end = frameEnd(bytes, at)) {
        const frame = bytes.subarray(at, end);
        at = end;
        yield frame;
      }
    } finally {
      this.#rest = bytes.subarray(at);
    }
  }

  /** Gives away what is not whole yet. */
  take() {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest;
  }
}

/** One connection. Answers come in the order of the calls; pushes go to `pushes`. */
export class RedisConnection {
  constructor(port, { host = '127.0.0.1', timeoutMs = 5_000 } = {}) {
    this.pushes = [];
    this.#timeoutMs = timeoutMs;
    this.socket = connect({ port, host });
    this.socket.setNoDelay(true);
    const framer = new Framer();
    this.socket.on('data', (chunk) => { for (const frame of framer.frames(chunk)) this.#take(valueOf(frame)); });
    this.socket.on('error', (error) => this.#fail(error));
    this.socket.on('close', () => this.#fail(new Error('The connection to Redis closed.')));
  }

  #timeoutMs;

  #waiting = [];

  #failure = null;

  #take(value) {
    // An array has a method of that name.
    if (Array.isArray(value?.push)) this.pushes.push(value.push);
    else this.#waiting.shift()?.settle(value);
  }

  #fail(error) {
    this.#failure ??= error;
    for (const one of this.#waiting.splice(0)) one.settle(this.#failure);
  }

  /** Sends one command; an error reply is thrown. */
  call(...parts) {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((done, fail) => {
      const timer = setTimeout(() => this.socket.destroy(new Error(`Redis did not answer ${parts[0]} within ${this.#timeoutMs} ms.`)), this.#timeoutMs);
      const settle = (value) => {
        clearTimeout(timer);
        if (value instanceof Error) fail(value);
        else done(value);
      };
      this.#waiting.push({ settle });
      this.socket.write(encode(parts));
    });
  }

  close() {
    this.socket.destroy();
  }
}
