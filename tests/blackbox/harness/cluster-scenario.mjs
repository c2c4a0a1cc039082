// What the scenarios of a cluster share: a Redis, three gateways, a load on them, and the measure of how fast it takes up again.

import assert from 'node:assert/strict';

import { allKnown, clusterFor } from './cluster.mjs';
import { History } from './history.mjs';
import { loadFor } from './load.mjs';
import { redisFor } from './redis.mjs';
import { until } from './waiting.mjs';

/** Publishes are accepted again within this time of Redis being back, and `restored` is told (PROTOCOL §7). */
export const BACK_MS = 5_000;
/** Half of a resume's time is spent noticing: p99 after a node's death (PROTOCOL §6 leaves it open; this is the project's aim). */
export const RESUME_P99_MS = 6_000;

/** Three nodes on one Redis, under load. */
export async function underLoad(t, { redis, aof = 'off', nodes = 3, proxied = false, settings = {}, ...load } = {}) {
  const history = new History();
  const server = redis ?? await redisFor(t, { aof });
  const cluster = await clusterFor(t, { nodes, redis: server, proxied, settings, history });
  await allKnown(cluster);
  return { history, redis: server, cluster, load: await loadFor(t, cluster, load), began: Date.now() };
}

/**
 * Until every room has been open for longer than a publication may take (5 s): before that a gateway can't tell an ack of an epoch to
 * come from one of an epoch gone by, and an ack may come before the word of a loss.
 */
export function settledRooms(load) {
  const latest = Math.max(...load.clients.flatMap((client) => client.log.of('joined').map((entry) => entry.at)));
  return until('the rooms to have settled', () => Date.now() > latest + 6_500, { ms: 10_000 });
}

/** Everyone who is meant to be there all the time, for the rule that none of them ever left. */
export function staying(clients, from) {
  return clients.map((client) => ({ user: client.user, from, to: Number.MAX_SAFE_INTEGER }));
}

/** A departure from every room of the load. */
export function leaving(load, user, at, extra = {}) {
  return load.rooms.map((room) => ({ room, user, at, ...extra }));
}

/** Every client has an ack that is newer than `since`, each no later than `within` after it. */
export async function acceptedAgain(t, load, since, within = BACK_MS) {
  const fresh = (client) => client.log.entries.find((entry) => entry.kind === 'ack' && entry.at >= since && !entry.duplicate);
  const talkers = load.talkers.filter((client) => !client.stopped);
  await Promise.all(talkers.map((client) => client.until('an ack after the outage', () => fresh(client), 30_000)));
  const slowest = Math.max(...talkers.map((client) => fresh(client).at - since));
  t.diagnostic(`publishes accepted again after ${slowest} ms, the first after ${Math.min(...talkers.map((client) => fresh(client).at - since))} ms`);
  assert.ok(slowest <= within, `publishes were accepted again only ${slowest} ms after Redis was back`);
}

/** Sockets outlive an outage of the engine: nobody lost a line since then. */
export function noLineLost(load, since) {
  const lost = load.clients.flatMap((client) => client.log.entries.filter((entry) => entry.kind === 'lost' && entry.at >= since).map((entry) => `${client.name} ${entry.code}`));
  assert.deepEqual(lost, [], 'sockets stay while the engine is away');
}

/** Each client was told `degraded` once, 2 s into the outage, and `restored` once, soon after its end. */
export async function toldOnce(clients, { from, to }) {
  const notices = (client, kind) => client.log.entries.filter((entry) => entry.kind === kind && entry.at >= from);
  await Promise.all(clients.map((client) => client.until('restored', () => notices(client, 'restored').length > 0, 15_000)));
  for (const client of clients) {
    const [degraded, restored] = [notices(client, 'degraded'), notices(client, 'restored')];
    assert.deepEqual([degraded.length, restored.length], [1, 1], `${client.name} was told degraded ${degraded.length} times, restored ${restored.length} times`);
    const after = degraded[0].at - from;
    // The 2 s count from the last beat that was answered, which may be a second old or two.
    assert.ok(after >= 300 && after <= 6_000, `${client.name} was told degraded ${after} ms into the outage`);
    assert.ok(restored[0].at - to <= BACK_MS, `${client.name} was told restored ${restored[0].at - to} ms after its end`);
  }
}

/** No watcher heard of anybody leaving. */
export function nobodyLeft(load) {
  const left = load.clients.flatMap((client) => client.log.entries.filter((entry) => entry.kind === 'present' && !entry.in).map((entry) => `${client.name}: ${entry.user} left ${entry.room}`));
  assert.deepEqual(left.slice(0, 5), [], `${left.length} user_left`);
}

export { until };
