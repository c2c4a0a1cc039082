// A moderate load over a cluster: talkers that publish at a steady rate into a few rooms and watchers that only listen, all of
// them clients that come back. At the end everything is quiet, read back and judged.

import assert from 'node:assert/strict';

import { judge } from './checker.mjs';
import { RoamingClient } from './cluster-client.mjs';
import { History } from './history.mjs';
import { delay, until } from './waiting.mjs';

const IN_FLIGHT = 64;
const QUIET_MS = 40_000;

export class Load {
  /**
   * @param talkers    how many publish, spread over the nodes
   * @param watchers   names → index of the node that each prefers
   * @param perSecond  events a second of each talker
   */
  constructor(cluster, history, { rooms = ['r1', 'r2', 'r3'], talkers = 6, watchers = { watcher: 0 }, perSecond = 20, client = {} } = {}) {
    Object.assign(this, { cluster, history, rooms, perSecond, running: false, refusals: [], guests: [] });
    const make = (name, node) => new RoamingClient(cluster, { user: name, rooms, node, log: history.log(name), ...client });
    this.watchers = Object.entries(watchers).map(([name, node]) => make(name, node));
    this.talkers = Array.from({ length: talkers }, (_, i) => make(`talker-${i + 1}`, i % cluster.nodes.length));
  }

  get clients() {
    return [...this.watchers, ...this.talkers, ...this.guests];
  }

  /** One more client in all rooms, which only listens unless the test makes it talk. */
  async guest(name, options = {}) {
    const client = new RoamingClient(this.cluster, { user: name, rooms: this.rooms, log: this.history.log(name), ...options });
    this.guests.push(client);
    await client.start().until('its rooms', () => client.ready);
    return client;
  }

  of(node) {
    return this.talkers.filter((client) => client.line?.node === node);
  }

  async start() {
    for (const client of this.clients) client.start();
    await this.allReady();
    this.running = true;
    this.loops = this.talkers.map((client, i) => this.#talk(client, i));
    await this.acks(30);
    return this;
  }

  /** Everyone who has not left for good has a session with all its rooms. */
  allReady(ms = 30_000) {
    return Promise.all(this.clients.filter((client) => !client.stopped).map((client) => client.until('its rooms', () => client.ready, ms)));
  }

  async #talk(client, index) {
    await delay((index / this.talkers.length) * (1_000 / this.perSecond));
    for (let n = 0; this.running; n += 1) {
      if (client.pending.size < IN_FLIGHT && !client.stopped) {
        client.publish(this.rooms[n % this.rooms.length]).catch((error) => this.refusals.push(error.message));
      }
      await delay(1_000 / this.perSecond);
    }
  }

  get acked() {
    return this.talkers.reduce((sum, client) => sum + client.acks, 0);
  }

  /** Waits until so many more events were acked. */
  async acks(count, ms = 30_000) {
    const before = this.acked;
    await until(`${count} acks more`, () => this.acked >= before + count, { ms, every: 20 });
  }

  /** Every named watcher has heard that these users left (or judging says that they did not). */
  async departed(users, watchers, ms) {
    const gone = (client) => users.every((user) => this.rooms.every((room) => client.log.entries.some((e) => e.kind === 'present' && !e.in && e.user === user && e.room === room)));
    await Promise.all(watchers.map((client) => client.until('the departures', () => gone(client), ms).catch(() => {})));
  }

  /** No more publishes; every one sent has its answer, everyone connected has heard everything. */
  async quiet() {
    this.running = false;
    await Promise.all(this.loops);
    const living = this.clients.filter((client) => !client.stopped && !client.asleep && client.ended === null);
    await Promise.all(living.map((client) => client.until('its answers', () => client.ready && client.pending.size === 0, QUIET_MS)));
    for (const room of this.rooms) this.history.keep(room, await this.cluster.stored(room));
    const topOf = (room) => this.history.stored.get(room).at(-1)?.seq ?? 0;
    const level = (client) => this.rooms.every((room) => (client.positions.get(room)?.since ?? 0) >= topOf(room));
    await Promise.all(living.map((client) => client.until('the tops', () => level(client), QUIET_MS).catch(() => {})));
    return living;
  }

  /** Ends the run and holds it against every rule. */
  async judged(t, options = {}) {
    const living = await this.quiet();
    const found = judge(this.history, { caughtUp: living.map((client) => client.name), ...options });
    t.diagnostic(this.history.summary());
    const overstayed = this.history.all('overstayed').length;
    assert.ok(found.length === 0, `${found.length} broken rules:\n${found.slice(0, 20).join('\n')}\n${this.cluster.complaints()}`);
    assert.deepEqual(this.refusals.slice(0, 5), [], 'no publish was refused for good');
    assert.equal(overstayed, 0, 'an old socket stayed open long after its session was resumed elsewhere');
    return this.history;
  }

  stop() {
    this.running = false;
    for (const client of this.clients) if (!client.stopped) client.vanish();
  }
}

/** A load of a single test, already under way. */
export async function loadFor(t, cluster, options = {}) {
  const history = cluster.history ?? new History();
  const load = new Load(cluster, history, options);
  t.after(() => load.stop());
  return load.start();
}
