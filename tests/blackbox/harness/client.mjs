// A WebSocket client that keeps a transcript. A test says what it waits for; when that does not come,
// the transcript is printed. Frames are kept as parsed JSON and as the text that came.

import WebSocket from 'ws';

import { unique } from './waiting.mjs';

const PATIENCE_MS = 10_000;
const TRANSCRIPT_LINES = 25;

function matcher(pattern) {
  if (typeof pattern === 'function') return pattern;
  const fields = typeof pattern === 'string' ? { type: pattern } : pattern;
  return (frame) => Object.entries(fields).every(([key, value]) => JSON.stringify(frame[key]) === JSON.stringify(value));
}

export class Client {
  constructor(url, { protocols = [], headers = {}, label = '', ws = {} } = {}) {
    this.label = label;
    this.frames = [];
    this.raws = [];
    this.lines = [];
    this.closed = null;
    this.failure = null;
    this.pings = 0;
    this.waiting = new Set();
    this.taken = new Set();
    this.socket = new WebSocket(url, protocols, { headers, perMessageDeflate: false, ...ws });
    this.socket.on('open', () => this.#changed());
    this.socket.on('message', (data, binary) => this.#receive(data, binary));
    this.socket.on('ping', () => { this.pings += 1; this.#changed(); });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString(), at: Date.now() };
      this.#note(`closed ${code} ${reason}`);
      this.#changed();
    });
    this.socket.on('error', (error) => { this.failure = error; this.#note(`error ${error.message}`); this.#changed(); });
  }

  #receive(data, binary) {
    const raw = data.toString('utf8');
    this.#note(`← ${binary ? '(binary) ' : ''}${raw}`);
    const frame = JSON.parse(raw);
    Object.defineProperty(frame, 'raw', { value: raw });
    Object.defineProperty(frame, 'at', { value: Date.now() });
    this.frames.push(frame);
    this.#changed();
  }

  #note(line) {
    if (this.lines.length > 5_000) this.lines.splice(0, 2_500);
    this.lines.push(line.length > 300 ? `${line.slice(0, 300)}… (${line.length} characters)` : line);
  }

  #changed() {
    for (const check of [...this.waiting]) check();
  }

  transcript() {
    const left = this.lines.length - TRANSCRIPT_LINES;
    return [`transcript of ${this.label}:`, ...(left > 0 ? [`… ${left} lines`] : []), ...this.lines.slice(-TRANSCRIPT_LINES)].join('\n  ');
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Waits until the condition gives something truthy; it is looked at after every frame. */
  until(reason, condition, ms = PATIENCE_MS) {
    return new Promise((done, fail) => {
      let timer;
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.waiting.delete(check);
        settle(value);
      };
      const check = () => {
        let value;
        try {
          value = condition();
        } catch (error) {
          return finish(fail, error);
        }
        if (value) finish(done, value);
        return undefined;
      };
      timer = setTimeout(() => finish(fail, new Error(`Waited ${ms} ms for ${reason}; ${this.transcript()}`)), ms);
      this.waiting.add(check);
      check();
    });
  }

  /** The first frame that matches and that no `next` took before. */
  next(pattern, ms = PATIENCE_MS) {
    const matches = matcher(pattern);
    const what = typeof pattern === 'function' ? pattern.toString() : JSON.stringify(pattern);
    return this.until(`a frame ${what}`, () => {
      const found = this.frames.find((frame) => !this.taken.has(frame) && matches(frame));
      if (found) this.taken.add(found);
      else if (this.closed && this.waiting.size > 0 && pattern !== 'close') {
        throw new Error(`The socket closed (${this.closed.code}) while waiting for ${what}; ${this.transcript()}`);
      }
      return found;
    }, ms);
  }

  all(pattern) {
    return this.frames.filter(matcher(pattern));
  }

  /** Waits for a while and fails where such a frame came that was not there before. */
  async never(pattern, ms = 400) {
    const before = this.all(pattern).length;
    await new Promise((done) => setTimeout(done, ms));
    const now = this.all(pattern);
    if (now.length > before) throw new Error(`Unwanted: ${now.at(-1).raw}; ${this.transcript()}`);
  }

  opened() {
    return this.until('the socket to open', () => {
      if (this.failure) throw new Error(`The socket did not open: ${this.failure.message}`);
      return this.open;
    });
  }

  closing(ms = PATIENCE_MS) {
    return this.until('the socket to close', () => this.closed, ms);
  }

  /** Sends an object (or an array of them), or a text as it is. */
  send(message) {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    this.#note(`→ ${text}`);
    this.socket.send(text);
  }

  /** Sends a command or event with an id and gives its answer or error. */
  async ask(message, ms = PATIENCE_MS) {
    // An id of one connection is known to the user's next one too, so none is used twice.
    const id = message.id ?? unique('q');
    this.send({ ...message, id });
    return this.next((frame) => frame.id === id && (frame.seq === undefined || frame.type === 'ack' || frame.type === 'joined' || frame.type === 'error'
      || frame.type === 'history'), ms);
  }

  /** Publishes and gives the ack; an error is a failure. */
  async publish(message, ms = PATIENCE_MS) {
    const answer = await this.ask({ type: 'message', ...message }, ms);
    if (answer.type !== 'ack') throw new Error(`Expected an ack, got ${answer.raw}; ${this.transcript()}`);
    return answer;
  }

  async error(message, ms = PATIENCE_MS) {
    this.send(message);
    return this.next('error', ms);
  }

  close(code = 1000) {
    this.socket.close(code);
    return this.closing();
  }

  /** Gone without a word, as when a phone loses its network. */
  drop() {
    this.socket.terminate();
  }
}

/** What a refused upgrade was answered with. */
export function refusal(client) {
  return new Promise((done, fail) => {
    client.socket.on('unexpected-response', (request, response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        done({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') });
        request.destroy();
      });
    });
    client.socket.on('open', () => {
      client.drop();
      fail(new Error('The upgrade was accepted.'));
    });
    client.socket.on('error', (error) => fail(error));
  });
}
