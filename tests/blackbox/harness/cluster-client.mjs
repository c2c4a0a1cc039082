// A client as the contract wants one: it comes back to another node with backoff, resumes at its position, sends unanswered
// publishes again with their old ids, makes before it breaks when told to reconnect, and writes down everything it saw.

import { Line } from './cluster-line.mjs';
import { Outbox } from './cluster-outbox.mjs';
import { RETRIED } from './history-rooms.mjs';
import { token } from './jwt.mjs';

const NO_RETURN = new Set([4500, 4501]);
const SETTLE_MS = 6_000;
const BACKOFF_MAX_MS = 2_000;
const OVERSTAY_MS = 8_000;

export class RoamingClient {
  #sockets = 0;

  #failures = 0;

  #timers = new Set();

  constructor(cluster, { user, name = user, rooms = [], node = 0, log, pingMs = 1_000, silenceMs = 4_000, republish = true, flees = false, random = Math.random }) {
    Object.assign(this, { cluster, user, name, rooms, log, pingMs, silenceMs, republish, flees, random, preferred: node });
    this.positions = new Map();
    this.outbox = new Outbox(this);
    this.waiters = new Set();
    this.stopped = false;
    this.ended = null;
    this.line = null;
    this.session = null;
    this.lostAt = Date.now();
    this.state = { degraded: false };
    this.token = token({ sub: user });
  }

  start() {
    this.#open(this.preferred);
    this.pinger = setInterval(() => this.#ping(), this.pingMs);
    return this;
  }

  get ready() {
    return this.line?.ready === true;
  }

  /** What is not answered yet. */
  get pending() {
    return this.outbox.pending;
  }

  get acks() {
    return this.outbox.acks;
  }

  until(reason, condition, ms = 30_000) {
    return new Promise((done, fail) => {
      const waiter = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.waiters.delete(waiter);
        done();
      };
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        fail(new Error(`${this.name} waited ${ms} ms for ${reason}; ${this.log.tail()}`));
      }, ms);
      this.waiters.add(waiter);
      waiter();
    });
  }

  #changed() {
    for (const waiter of [...this.waiters]) waiter();
  }

  /** A timer that ends with the client. */
  later(ms, action) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.stopped) action();
    }, ms);
    this.#timers.add(timer);
  }

  // -- the line -------------------------------------------------------------------------------------------------------

  #open(index) {
    // One at a time: two that claim the same session would close each other.
    if (this.opening && this.opening.closed === undefined) return;
    const node = this.cluster.nodes[index % this.cluster.nodes.length];
    this.#sockets += 1;
    const line = new Line(this.#sockets, node, this.token, {
      received: (one, frame) => {
        if (!this.stopped) this.#receive(one, frame);
        this.#changed();
      },
      gone: (one, code) => {
        this.#gone(one, code);
        this.#changed();
      },
    });
    this.opening = line;
    this.log.add('opened', { socket: line.number, node: node.name });
    this.later(SETTLE_MS, () => (line.ready ? null : line.terminate()));
  }

  #gone(line, code) {
    this.log.add('lost', { socket: line.number, node: line.node.name, code });
    if (this.forsaken && line === this.line) this.vanish();
    if (this.stopped) return;
    const current = line === this.line;
    if (!current && line !== this.opening) return;
    if (current && NO_RETURN.has(code)) {
      this.ended = code;
      return;
    }
    if (current) {
      if (this.line.ready) this.lostAt = Date.now();
      this.line = null;
      if (this.opening && this.opening !== line) return;
    }
    if (!this.asleep) this.#again(line.node.index + 1);
  }

  #again(index) {
    this.opening = null;
    this.#failures += 1;
    const backoff = Math.min(BACKOFF_MAX_MS, 50 * 2 ** this.#failures);
    this.later(10 + this.random() * backoff, () => (this.asleep ? null : this.#open(index)));
  }

  #ping() {
    const { line } = this;
    if (!line?.open) return;
    if (Date.now() - line.heard > this.silenceMs) line.terminate();
    else line.send({ type: 'ping', t: Date.now() });
  }

  // -- what comes -----------------------------------------------------------------------------------------------------

  #receive(line, frame) {
    const handler = {
      welcome: () => this.#welcome(line, frame),
      joined: () => this.#joined(line, frame),
      ack: () => this.#ack(line, frame),
      error: () => this.#error(line, frame),
      pong: () => { this.heads = frame.heads; },
      reconnect: () => this.later(frame.afterMs, () => (line === this.line ? this.#open(line.node.index + 1) : null)),
    }[frame.type];
    if (handler) return handler();
    if (line !== this.line) return undefined;
    return this.#live(line, frame);
  }

  #live(line, frame) {
    switch (frame.type) {
      case 'gap': return this.#gap(line, frame);
      case 'user_joined': case 'user_left':
        return this.log.add('present', { room: frame.room, user: frame.userId, in: frame.type === 'user_joined', reason: frame.reason });
      case 'degraded': case 'restored':
        this.state.degraded = frame.type === 'degraded';
        this.log.add(frame.type, { since: frame.since, node: line.node.name });
        return this.flees && this.state.degraded ? this.#open(line.node.index + 1) : undefined;
      default:
        return typeof frame.seq === 'number' && frame.senderId !== undefined ? this.#event(line, frame) : undefined;
    }
  }

  #welcome(line, frame) {
    this.log.add('welcome', { socket: line.number, session: frame.session, resumed: frame.resumed, userId: frame.userId, node: frame.node });
    if (line.greeted) {
      this.session = frame.session;
      return;
    }
    line.greeted = true;
    line.asked = Object.fromEntries(this.rooms.map((room) => [room, { since: 0, ...this.positions.get(room) }]));
    line.waitingFor = new Set(this.rooms);
    // From here on the old line's events are no longer this client's: its position is the one it asks with.
    this.line = line;
    this.opening = null;
    if (this.session) line.send({ type: 'resume', session: this.session, rooms: line.asked });
    else {
      this.session = frame.session;
      for (const room of this.rooms) line.send({ type: 'join', room, ...line.asked[room] });
    }
    if (this.rooms.length === 0) this.#settled(line);
  }

  #joined(line, frame) {
    this.log.add('joined', {
      socket: line.number, room: frame.room, seq: frame.seq, epoch: frame.epoch, recovered: frame.recovered, asked: line.asked?.[frame.room],
      users: frame.users?.map((user) => user.userId).filter((user) => user !== this.user),
    });
    if (!this.positions.has(frame.room)) this.positions.set(frame.room, { since: 0, epoch: frame.epoch });
    if (line.waitingFor?.delete(frame.room) && line.waitingFor.size === 0) this.#settled(line);
  }

  #settled(line) {
    line.ready = true;
    this.preferred = line.node.index;
    this.#failures = 0;
    if (line.number > 1) this.log.add('resumed', { ms: this.lostAt ? Date.now() - this.lostAt : 0, node: line.node.name, socket: line.number });
    this.lostAt = null;
    this.outbox.resend();
    if (this.former) this.#leave(this.former);
    this.former = line;
  }

  /** The old line is the server's to close; one that fled does not wait for a node that may be deaf. */
  #leave(former) {
    if (this.flees) former.terminate();
    this.later(OVERSTAY_MS, () => {
      if (former.closed !== undefined) return;
      this.log.add('overstayed', { socket: former.number });
      former.terminate();
    });
  }

  #event(line, frame) {
    this.log.add('event', {
      socket: line.number, room: frame.room, seq: frame.seq, epoch: frame.epoch, id: frame.id, senderId: frame.senderId, n: frame.n, replay: frame.replay === true,
    });
    this.#advance(frame);
  }

  #advance({ room, seq, epoch }) {
    const position = this.positions.get(room);
    if (!position || seq > position.since) this.positions.set(room, { since: seq, epoch });
  }

  #gap(line, frame) {
    const was = this.positions.get(frame.room);
    this.log.add('gap', { socket: line.number, room: frame.room, from: frame.from, to: frame.to, epoch: frame.epoch, reason: frame.reason, was });
    const since = { trimmed: Math.max(was?.since ?? 0, frame.to ?? 0), rolled_back: (frame.from ?? 1) - 1, reset: 0 }[frame.reason];
    this.positions.set(frame.room, { since, epoch: frame.epoch });
    if (frame.reason === 'rolled_back' && this.republish) this.outbox.rolledBack(frame);
  }

  // -- what goes ------------------------------------------------------------------------------------------------------

  /** Resolves with the ack, however many lines it takes; a definite error rejects. */
  publish(room, fields = {}) {
    return this.outbox.add(room, fields);
  }

  #ack(line, frame) {
    this.log.add('ack', { socket: line.number, room: frame.room, id: frame.id, seq: frame.seq, epoch: frame.epoch, duplicate: frame.duplicate === true });
    if (line === this.line && typeof frame.seq === 'number') this.#advance(frame);
    this.outbox.acknowledged(frame);
  }

  #error(line, frame) {
    if (this.outbox.refused(line, frame)) return;
    this.log.add('error', { socket: line.number, code: frame.code, room: frame.room });
    if (!line.ready && line === this.line && RETRIED.has(frame.code)) line.terminate();
  }

  /** Does not come back when its line is lost; until then it goes on. */
  forsake() {
    this.forsaken = true;
  }

  /** Loses its line and stays away until `wake`. */
  sleep() {
    this.asleep = true;
    this.line?.terminate();
    this.opening?.terminate();
  }

  wake(node = this.preferred) {
    this.asleep = false;
    this.#open(node);
  }

  /** Gone without a word, and not to come back. */
  vanish() {
    this.#quiet();
    this.line?.terminate();
    this.opening?.terminate();
  }

  async stop() {
    this.#quiet();
    for (const line of [this.line, this.opening]) line?.socket.close(1000);
  }

  #quiet() {
    this.stopped = true;
    clearInterval(this.pinger);
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
