// A TCP proxy that stands between a gateway and Redis (or between a replica and its primary) and breaks the way networks break.
// Modes change live; it knows the subscription connection by the SSUBSCRIBE that it saw, and can cut pushes out of it.

import { connect, createServer } from 'node:net';

import { freePort } from './gateway.mjs';
import { Framer, valueOf } from './redis-wire.mjs';

/*
 * pass       bytes go through, `delayMs` late
 * refuse     nobody listens, existing connections end
 * reset      new connections are accepted and reset, existing ones are reset
 * blackhole  connections open, nothing comes through in the named direction(s): held, as TCP holds what is not acknowledged,
 *            and delivered when the mode is `pass` again
 */
const MODES = ['pass', 'refuse', 'reset', 'blackhole'];
const MESSAGES = new Set(['smessage', 'message', 'pmessage']);

/** One way of a link: what comes too late or is held waits here, in order. */
class Lane {
  #queue = [];

  #timer = null;

  constructor(proxy, direction, to, filter) {
    Object.assign(this, { proxy, direction, to, filter });
  }

  take(chunk) {
    this.#queue.push({ chunk, due: Date.now() + this.proxy.delayMs });
    this.flush();
  }

  flush() {
    clearTimeout(this.#timer);
    while (this.#queue.length > 0 && !this.proxy.holds(this.direction)) {
      const wait = this.#queue[0].due - Date.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.flush(), wait);
        return;
      }
      const bytes = this.filter(this.#queue.shift().chunk);
      if (bytes.length > 0 && !this.to.destroyed) this.to.write(bytes);
    }
  }

  stop() {
    clearTimeout(this.#timer);
    this.#queue = [];
  }
}

class Link {
  #commands = new Framer();

  #replies = new Framer();

  constructor(proxy, client) {
    Object.assign(this, { proxy, client, subscriptions: false, closed: false, unread: !proxy.speaksRedis });
    this.server = connect({ port: proxy.target.port, host: proxy.target.host ?? '127.0.0.1' });
    client.setNoDelay(true);
    this.server.setNoDelay(true);
    this.lanes = [
      new Lane(proxy, 'up', this.server, (chunk) => this.#watch(chunk)),
      new Lane(proxy, 'down', client, (chunk) => this.#thin(chunk)),
    ];
    for (const [i, from] of [client, this.server].entries()) {
      from.on('data', (chunk) => this.lanes[i].take(chunk));
      from.on('error', () => {});
      from.on('close', () => this.#ended(this.lanes[i]));
    }
  }

  #ended(lane) {
    if (this.proxy.holds(lane.direction)) return;
    lane.flush();
    lane.to.destroySoon();
    this.proxy.links.delete(this);
  }

  /** Sees the commands go by; the bytes are untouched. */
  #watch(chunk) {
    if (this.unread || this.subscriptions) return chunk;
    try {
      for (const frame of this.#commands.frames(chunk)) {
        if (frame[0] === 42 && /^SSUBSCRIBE$/i.test(String(valueOf(frame)[0]))) this.subscriptions = true;
      }
    } catch {
      this.unread = true;
    }
    return chunk;
  }

  /** Passes on whole frames only, and of a subscription's messages as many as the proxy is set to; what is no RESP passes as it came. */
  #thin(chunk) {
    if (this.unread) return Buffer.concat([this.#replies.take(), chunk]);
    const kept = [];
    try {
      for (const frame of this.#replies.frames(chunk)) if (!this.#dropped(frame)) kept.push(frame);
    } catch {
      this.unread = true;
      kept.push(this.#replies.take());
    }
    return Buffer.concat(kept);
  }

  #dropped(frame) {
    if (!this.subscriptions || frame[0] !== 62 || !MESSAGES.has(valueOf(frame).push[0])) return false;
    this.proxy.pushes += 1;
    if (this.proxy.random() >= this.proxy.dropPushes) return false;
    this.proxy.dropped += 1;
    return true;
  }

  release() {
    for (const [i, from] of [this.client, this.server].entries()) {
      this.lanes[i].flush();
      if (from.destroyed) this.#ended(this.lanes[i]);
    }
  }

  cut({ reset = false } = {}) {
    if (this.closed) return;
    this.closed = true;
    this.proxy.links.delete(this);
    this.lanes.forEach((lane) => lane.stop());
    for (const socket of [this.client, this.server]) {
      if (reset) socket.resetAndDestroy();
      else socket.destroy();
    }
  }
}

export class Proxy {
  /** @param target { port, host } ; `random` decides which pushes are dropped; `speaksRedis: false` leaves all bytes unread */
  constructor(target, { random = Math.random, speaksRedis = true } = {}) {
    Object.assign(this, { target, random, speaksRedis, mode: 'pass', directions: 'both', delayMs: 0, dropPushes: 0, port: 0 });
    this.links = new Set();
    this.pushes = 0;
    this.dropped = 0;
    this.accepted = 0;
    this.timers = new Set();
  }

  get endpoint() {
    return `127.0.0.1:${this.port}`;
  }

  holds(direction) {
    return this.mode === 'blackhole' && (this.directions === 'both' || this.directions === direction);
  }

  async start() {
    this.port ||= await freePort();
    await this.#listen();
    return this;
  }

  #listen() {
    this.listener = createServer((socket) => {
      this.accepted += 1;
      socket.on('error', () => {});
      if (this.mode === 'reset') socket.resetAndDestroy();
      else this.links.add(new Link(this, socket));
    });
    return new Promise((done, fail) => {
      this.listener.once('error', fail);
      this.listener.listen(this.port, '127.0.0.1', done);
    });
  }

  /** Changes the mode; `directions` is up (towards Redis), down or both, and only of meaning for a black hole. */
  async set(mode, { directions = 'both', delayMs = 0 } = {}) {
    if (!MODES.includes(mode)) throw new Error(`No such mode: ${mode}`);
    Object.assign(this, { mode, directions, delayMs });
    if (mode === 'refuse') await this.#deafen();
    else if (!this.listener?.listening) await this.#listen();
    if (mode === 'refuse' || mode === 'reset') this.cutAll({ reset: mode === 'reset' });
    for (const link of [...this.links]) link.release();
  }

  #deafen() {
    return new Promise((done) => {
      if (!this.listener?.listening) return done();
      this.listener.close(() => done());
      return this.cutAll();
    });
  }

  cutAll(options) {
    for (const link of [...this.links]) link.cut(options);
  }

  /** Ends the connections on which an SSUBSCRIBE was seen, and gives their number. */
  cutSubscriptions() {
    const subscribed = [...this.links].filter((link) => link.subscriptions);
    subscribed.forEach((link) => link.cut());
    return subscribed.length;
  }

  /** Ends the subscription connections again and again; gives a function that stops it. */
  cutSubscriptionsEvery(ms) {
    let cuts = 0;
    const timer = setInterval(() => { cuts += this.cutSubscriptions(); }, ms);
    this.timers.add(timer);
    return () => {
      clearInterval(timer);
      this.timers.delete(timer);
      return cuts;
    };
  }

  async dispose() {
    this.timers.forEach((timer) => clearInterval(timer));
    this.mode = 'refuse';
    await this.#deafen();
    this.cutAll();
  }
}

/** A proxy of a single test. */
export async function proxyFor(t, target, options) {
  const proxy = new Proxy(target, options);
  t.after(() => proxy.dispose());
  return proxy.start();
}
