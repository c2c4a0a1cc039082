// A WebSocket peer by hand over TCP, for what a polite library cannot do: send broken bytes, never answer a ping, stop reading.

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** A client frame: masked, as it must be, unless the test says otherwise. */
export function frame(opcode, payload = '', { fin = true, masked = true, rsv = 0 } = {}) {
  const body = Buffer.isBuffer(payload) ? Buffer.from(payload) : Buffer.from(payload, 'utf8');
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const bit = masked ? 0x80 : 0;
  let head;
  if (body.length < 126) head = Buffer.from([first, bit | body.length]);
  else if (body.length < 65_536) head = Buffer.from([first, bit | 126, body.length >> 8, body.length & 255]);
  else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = bit | 127;
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  if (!masked) return Buffer.concat([head, body]);
  const mask = randomBytes(4);
  for (let i = 0; i < body.length; i += 1) body[i] ^= mask[i & 3];
  return Buffer.concat([head, mask, body]);
}

export class RawSocket {
  constructor(port) {
    this.buffer = Buffer.alloc(0);
    this.head = null;
    this.frames = [];
    this.messages = [];
    this.closeCode = null;
    this.ended = false;
    this.waiting = new Set();
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk) => this.#receive(chunk));
    for (const event of ['end', 'close', 'error']) {
      this.socket.on(event, () => {
        this.ended = true;
        this.#changed();
      });
    }
  }

  /** Opens a socket and goes through the handshake. */
  static async open(port, path, { headers = {}, t } = {}) {
    const raw = new RawSocket(port);
    t?.after(() => raw.destroy());
    raw.write(RawSocket.handshake(port, path, headers));
    await raw.until('the handshake', () => raw.head);
    if (!raw.head.startsWith('HTTP/1.1 101')) throw new Error(`Not upgraded: ${raw.head}`);
    return raw;
  }

  static handshake(port, path, headers = {}) {
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      'Sec-WebSocket-Version: 13',
      ...Object.entries(headers).map(([key, value]) => `${key}: ${value}`),
    ];
    return `${lines.join('\r\n')}\r\n\r\n`;
  }

  #changed() {
    for (const check of [...this.waiting]) check();
  }

  #receive(chunk) {
    this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
    if (this.head === null) {
      const end = this.buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.head = this.buffer.subarray(0, end).toString('latin1');
      this.buffer = this.buffer.subarray(end + 4);
    }
    while (this.#takeFrame());
    this.#changed();
  }

  #takeFrame() {
    const b = this.buffer;
    if (b.length < 2) return false;
    let length = b[1] & 0x7f;
    let offset = 2;
    if (length === 126) {
      if (b.length < 4) return false;
      length = b.readUInt16BE(2);
      offset = 4;
    } else if (length === 127) {
      if (b.length < 10) return false;
      length = Number(b.readBigUInt64BE(2));
      offset = 10;
    }
    if (b.length < offset + length) return false;
    const opcode = b[0] & 15;
    const payload = b.subarray(offset, offset + length);
    this.buffer = b.subarray(offset + length);
    this.frames.push({ opcode, length, masked: (b[1] & 0x80) !== 0, fin: (b[0] & 0x80) !== 0, rsv: (b[0] >> 4) & 7 });
    if (opcode === OPCODE.text) this.messages.push(JSON.parse(payload.toString('utf8')));
    if (opcode === OPCODE.close) this.closeCode = length >= 2 ? payload.readUInt16BE(0) : 1005;
    return true;
  }

  write(bytes) {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  send(message) {
    this.write(frame(OPCODE.text, typeof message === 'string' ? message : JSON.stringify(message)));
  }

  stopReading() {
    this.socket.pause();
  }

  readOn() {
    this.socket.resume();
  }

  until(reason, condition, ms = 10_000) {
    return new Promise((done, fail) => {
      let timer;
      const check = () => {
        const value = condition();
        if (!value) return;
        clearTimeout(timer);
        this.waiting.delete(check);
        done(value);
      };
      timer = setTimeout(() => {
        this.waiting.delete(check);
        const tail = this.messages.slice(-20).map((m) => JSON.stringify(m).slice(0, 200)).join('\n  ');
        fail(new Error(`Waited ${ms} ms for ${reason}; ended=${this.ended} close=${this.closeCode} last messages:\n  ${tail}`));
      }, ms);
      this.waiting.add(check);
      check();
    });
  }

  destroy() {
    this.socket.destroy();
  }
}
