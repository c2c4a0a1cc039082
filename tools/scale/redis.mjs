// A Redis server of its own on a free loopback port with deploy/redis.conf, and a plain RESP connection to it: for measuring, nothing else.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CONF = new URL('../../deploy/redis.conf', import.meta.url);

async function freePort() {
  const probe = createServer();
  await new Promise((done, fail) => { probe.once('error', fail); probe.listen(0, '127.0.0.1', done); });
  const { port } = probe.address();
  await new Promise((done) => { probe.close(done); });
  return port;
}

export async function startServer() {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-scale-'));
  const conf = join(directory, 'redis.conf');
  writeFileSync(conf, readFileSync(CONF, 'utf8').replace(/^dir .*$/m, `dir ${directory}`));
  const port = await freePort();
  const child = spawn('redis-server', [conf, '--bind', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
  const end = new Promise((done) => { child.once('close', done); });
  process.once('exit', () => child.kill('SIGKILL'));
  return {
    port,
    stop: async () => {
      child.kill('SIGKILL');
      await end;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A command as bytes. */
export function encode(words) {
  const parts = [`*${words.length}\r\n`];
  for (const word of words) parts.push(`$${Buffer.byteLength(String(word), 'latin1')}\r\n${word}\r\n`);
  return parts.join('');
}

/** The length of the reply that begins at `at`, or 0 while it is not all there; its value goes to `out`. */
function parse(text, at, out) {
  const end = text.indexOf('\r\n', at);
  if (end < 0) return 0;
  const kind = text[at];
  const head = text.slice(at + 1, end);
  if (kind === '+' || kind === ':') { out.push(head); return end + 2 - at; }
  if (kind === '-') { out.push(new Error(head)); return end + 2 - at; }
  if (kind === '$') {
    const length = Number(head);
    if (length < 0) { out.push(null); return end + 2 - at; }
    if (text.length < end + 4 + length) return 0;
    out.push(text.slice(end + 2, end + 2 + length));
    return end + 4 + length - at;
  }
  const items = [];
  let next = end + 2;
  for (let i = 0; i < Number(head); i += 1) {
    const length = parse(text, next, items);
    if (length === 0) return 0;
    next += length;
  }
  out.push(items);
  return next - at;
}

export class Connection {
  #waiting = [];
  #rest = '';

  static async to(port) {
    for (let attempt = 0; ; attempt += 1) {
      const socket = connect(port, '127.0.0.1');
      const opened = await new Promise((done) => { socket.once('connect', () => done(true)); socket.once('error', () => done(false)); });
      if (opened) return new Connection(socket);
      if (attempt === 100) throw new Error('Redis did not start.');
      await new Promise((done) => { setTimeout(done, 50); });
    }
  }

  constructor(socket) {
    this.socket = socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (data) => this.#receive(data));
  }

  #receive(data) {
    this.#rest += data;
    let at = 0;
    for (;;) {
      const out = [];
      const length = parse(this.#rest, at, out);
      if (length === 0) break;
      at += length;
      this.#waiting.shift()?.(out[0]);
    }
    this.#rest = this.#rest.slice(at);
  }

  /** Many commands in one write; their replies in order, an error thrown. */
  async all(commands) {
    const replies = commands.map(() => new Promise((done) => { this.#waiting.push(done); }));
    this.socket.write(commands.map(encode).join(''), 'latin1');
    const values = await Promise.all(replies);
    const bad = values.find((value) => value instanceof Error);
    if (bad) throw bad;
    return values;
  }

  async call(...words) {
    return (await this.all([words]))[0];
  }

  /** Reads and forgets whatever comes, as a subscriber does. */
  drain() {
    this.socket.removeAllListeners('data').on('data', () => {});
  }

  close() {
    this.socket.destroy();
  }
}
