// kill -9 at random moments under load. Afterwards every acked event is in the history, once, in order, at its acked position,
// retries never doubled anything, and a listener that resumed each time heard exactly that history.
// GATEWAY_TEST_SEED repeats the moments of a run; GATEWAY_TEST_LONG=1 kills 200 times.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { seeded, violations } from './harness/checker.mjs';
import { UNLIMITED, gatewayFor } from './harness/gateway.mjs';
import { delay, until } from './harness/waiting.mjs';

const LONG = process.env.GATEWAY_TEST_LONG === '1';
const KILLS = LONG ? 200 : 30;
const PUBLISHERS = 6;
const IN_FLIGHT = 8;
const ROOM = 'under-fire';

/** Sends numbered events with ids, keeps a few in flight, and after each death sends again what was not acked. */
class Publisher {
  constructor(gateway, index, journal) {
    Object.assign(this, { gateway, journal, user: `publisher-${index}`, next: 0, unacked: new Map(), stopped: false, failures: [] });
  }

  async run() {
    while (!this.stopped || this.unacked.size > 0) {
      const client = this.gateway.open({ user: this.user });
      try {
        await client.next('welcome', 4_000);
        await this.#publish(client);
      } catch (error) {
        if (!/closed|Waited|not open|ECONNREFUSED|ECONNRESET/.test(error.message)) this.failures.push(error.message);
      } finally {
        client.drop();
      }
      await delay(40);
    }
  }

  async #publish(client) {
    for (const [id, event] of this.unacked) client.send({ type: 'message', room: ROOM, id, n: event.n });
    for (;;) {
      this.#take(client);
      if (client.closed) return;
      while (!this.stopped && this.unacked.size < IN_FLIGHT) {
        const n = (this.next += 1);
        const id = `${this.user}-${n}`;
        this.unacked.set(id, { n });
        this.journal.sent.set(id, { senderId: this.user, n });
        client.send({ type: 'message', room: ROOM, id, n });
      }
      if (this.stopped && this.unacked.size === 0) return;
      await client.until('an ack', () => client.closed || client.frames.length > 0, 8_000);
    }
  }

  #take(client) {
    for (const frame of client.frames.splice(0)) {
      if (frame.type === 'ack') {
        this.unacked.delete(frame.id);
        const known = this.journal.acks.get(frame.id);
        if (known && known.seq !== frame.seq) this.failures.push(`${frame.id} acked at ${known.seq} and ${frame.seq}`);
        this.journal.acks.set(frame.id, { seq: frame.seq, epoch: frame.epoch });
      } else if (frame.type === 'error' && frame.code !== 'degraded' && frame.code !== 'busy') {
        this.failures.push(frame.raw);
      }
    }
  }
}

/** Hears the room through every death: resumes its session at the highest position it saw. */
class Listener {
  constructor(gateway) {
    Object.assign(this, { gateway, heard: [], gaps: [], session: null, epoch: null, stopped: false, resumed: 0 });
  }

  async run() {
    while (!this.stopped) {
      const client = this.gateway.open({ user: 'listener' });
      this.client = client;
      try {
        await client.next('welcome', 4_000);
        const position = this.epoch ? { since: this.heard.at(-1)?.seq ?? 0, epoch: this.epoch } : { since: 0 };
        if (this.session) client.send({ type: 'resume', session: this.session, rooms: { [ROOM]: position } });
        else {
          this.session = client.frames.find((f) => f.type === 'welcome').session;
          client.send({ type: 'join', room: ROOM, since: 0 });
        }
        for (;;) {
          await client.until('more', () => client.closed || client.frames.length > 0, 60_000);
          this.#take(client);
          if (client.closed) break;
        }
      } catch (error) {
        this.lastError = error.message;
      } finally {
        client.drop();
      }
      await delay(40);
    }
  }

  stop() {
    this.stopped = true;
    this.client.drop();
  }

  #take(client) {
    for (const frame of client.frames.splice(0)) {
      if (frame.type === 'joined') this.epoch = frame.epoch;
      if (frame.type === 'welcome' && frame.resumed) this.resumed += 1;
      if (frame.type === 'gap') this.gaps.push(frame.raw);
      if (frame.type === 'message') {
        this.heard.push({ seq: frame.seq, id: frame.id });
        this.epoch = frame.epoch;
      }
    }
  }
}

it(`${KILLS} times kill -9 under load: what was acked stays, once and in order`, { timeout: KILLS * 8_000 + 60_000 }, async (t) => {
  const seed = Number(process.env.GATEWAY_TEST_SEED ?? Math.floor(Math.random() * 1e9));
  t.diagnostic(`seed ${seed}`);
  const random = seeded(seed);
  const gateway = await gatewayFor(t, {
    settings: { ...UNLIMITED, Namespaces: { chat: { HistorySize: 1_000_000, Presence: false } } },
  });
  const journal = { sent: new Map(), acks: new Map() };
  const publishers = Array.from({ length: PUBLISHERS }, (_, i) => new Publisher(gateway, i, journal));
  const listener = new Listener(gateway);
  const listening = listener.run();
  const publishing = publishers.map((publisher) => publisher.run());

  let ackedBefore = 0;
  let fruitful = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    // Most moments lie within the load, not before it came up again.
    const known = journal.acks.size;
    await until('acks', () => journal.acks.size > known, { ms: 3_000, every: 5 }).catch(() => {});
    await delay(random() * 500);
    if (journal.acks.size > ackedBefore) fruitful += 1;
    ackedBefore = journal.acks.size;
    await gateway.kill();
    if (random() < 0.15) {
      await gateway.launch();
      await delay(random() * 600);
      await gateway.kill();
    }
    await gateway.start();
  }
  await delay(300);
  publishers.forEach((publisher) => { publisher.stopped = true; });
  await Promise.all(publishing);

  const events = await gateway.allEvents(ROOM);
  const found = violations({ events, ...journal });
  t.diagnostic(`${events.length} events, ${journal.acks.size} acked, ${fruitful} of ${KILLS} intervals with acks, listener resumed ${listener.resumed} times`);
  assert.deepEqual(found.slice(0, 20), [], `seed ${seed}: ${found.length} violations`);
  assert.deepEqual(publishers.flatMap((p) => p.failures).slice(0, 5), [], `seed ${seed}`);
  assert.equal(journal.acks.size, journal.sent.size, 'in the end everything is acked');
  assert.equal(events.length, journal.sent.size, 'and stored once');
  assert.ok(fruitful > KILLS * 0.7, `only ${fruitful} intervals saw acks`);

  await until('the listener to hear the last event', () => listener.heard.at(-1)?.seq >= events.at(-1).seq, { ms: 30_000 }).catch(() => {});
  listener.stop();
  await listening;
  assert.deepEqual(listener.gaps.slice(0, 3), [], `seed ${seed}: the listener was told of gaps`);
  assert.equal(listener.heard.length, events.length, `the listener heard as many (seed ${seed})`);
  const wrong = listener.heard.findIndex((one, i) => one.seq !== events[i].seq || one.id !== events[i].id);
  assert.equal(wrong, -1, `seed ${seed}: the listener heard ${JSON.stringify(listener.heard[wrong])} as its ${wrong + 1}th`);
});
