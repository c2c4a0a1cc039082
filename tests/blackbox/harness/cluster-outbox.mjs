// What a client has published: kept until an ack or a definite error, sent again with the same id on a new line, after an error that
// allows it, and after a rollback that took it back.

import { RETRIED } from './history-rooms.mjs';

const RETRY_MS = 100;

export class Refused extends Error {
  constructor(frame) {
    super(`refused: ${frame.code}`);
    this.frame = frame;
  }
}

export class Outbox {
  #published = 0;

  #acked = new Map();

  /** @param client  gives `line`, `ready`, `log`, `name`, `later(ms, action)`, `random()` and `republish` */
  constructor(client) {
    this.client = client;
    this.pending = new Map();
    this.acks = 0;
  }

  add(room, fields) {
    this.#published += 1;
    const n = this.#published;
    const id = fields.id ?? `${this.client.name}-${n}`;
    return new Promise((done, fail) => this.#begin(id, { room, n, fields, done, fail }));
  }

  #begin(id, publish) {
    this.pending.set(id, publish);
    if (this.client.ready) this.#transmit(id, publish);
  }

  #transmit(id, { room, n, fields }) {
    const { line, log } = this.client;
    if (!line?.open) return;
    log.add('sent', { socket: line.number, room, id, n });
    line.send({ type: 'message', room, id, n, ...fields });
  }

  /** Everything unanswered, in its order, on the line of now. */
  resend() {
    for (const [id, publish] of this.pending) this.#transmit(id, publish);
  }

  acknowledged(frame) {
    this.acks += 1;
    const publish = this.pending.get(frame.id);
    if (!publish) return;
    this.pending.delete(frame.id);
    if (this.client.republish) this.#acked.set(frame.id, { publish, ack: frame });
    publish.done(frame);
  }

  /** An error that bears the id of a publish; false where it bears none of ours. */
  refused(line, frame) {
    const publish = this.pending.get(frame.id);
    if (!publish) return false;
    this.client.log.add('refused', { socket: line.number, room: publish.room, id: frame.id, code: frame.code, unknown: frame.unknown === true });
    if (RETRIED.has(frame.code)) {
      this.client.later((frame.retryAfterMs ?? RETRY_MS) + this.client.random() * 2 * RETRY_MS, () => {
        if (line === this.client.line && this.client.ready && this.pending.has(frame.id)) this.#transmit(frame.id, publish);
      });
    } else {
      this.pending.delete(frame.id);
      publish.fail(new Refused(frame));
    }
    return true;
  }

  /** What was acked there is not there any more: it is sent again as it was. */
  rolledBack({ room, from, epoch }) {
    for (const [id, { publish, ack }] of this.#acked) {
      if (publish.room !== room || ack.seq < from || ack.epoch === epoch) continue;
      this.#acked.delete(id);
      this.#begin(id, publish);
    }
  }
}
