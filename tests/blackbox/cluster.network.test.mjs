// The network between gateways and Redis fails in parts (PROTOCOL §7, ENGINE §4): lost pushes cost a second at most, and a node that
// is cut off says so, accepts nothing, and takes its place again.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LONG } from './harness/cluster.mjs';
import { acceptedAgain, leaving, nobodyLeft, staying, toldOnce, underLoad } from './harness/cluster-scenario.mjs';
import { percentile } from './harness/history.mjs';
import { redisLack } from './harness/redis.mjs';
import { delay } from './harness/waiting.mjs';

const LOSSY_MS = LONG ? 120_000 : 10_000;
const CUT_MS = 15_000;
// Who flees a node that is cut off is elsewhere within this grace period; who stays with it leaves while it is cut off.
const CUT_GRACE_MS = 6_000;
const MODES = LONG ? ['blackhole both', 'blackhole up', 'blackhole down', 'refuse', 'reset'] : ['blackhole both'];

/** How long after its ack each event reached a client. */
function lateness(history) {
  const acked = new Map(history.all('ack').filter((ack) => !ack.duplicate).map((ack) => [`${ack.room} ${ack.epoch} ${ack.seq}`, ack.at]));
  const all = history.all('event').filter((e) => acked.has(`${e.room} ${e.epoch} ${e.seq}`)).map((e) => e.at - acked.get(`${e.room} ${e.epoch} ${e.seq}`));
  return all.sort((a, b) => a - b);
}

describe('§7 the network between gateways and Redis', { skip: redisLack ?? false }, () => {
  it('subscriptions cut every 2 s and 1 % of the pushes lost: everyone gets everything, a little late', { timeout: 90_000 + LOSSY_MS * 2 }, async (t) => {
    const { cluster, load, history, began } = await underLoad(t, { proxied: true });
    const proxies = cluster.nodes.map((node) => node.proxy);
    const stops = proxies.map((proxy) => {
      proxy.dropPushes = 0.01;
      return proxy.cutSubscriptionsEvery(2_000);
    });
    await delay(LOSSY_MS);
    const cuts = stops.reduce((sum, stop) => sum + stop(), 0);
    const dropped = proxies.reduce((sum, proxy) => sum + proxy.dropped, 0);
    await load.acks(20);
    t.diagnostic(`${cuts} cuts, ${dropped} of ${proxies.reduce((sum, proxy) => sum + proxy.pushes, 0)} pushes dropped`);
    assert.ok(cuts >= 6 && dropped > 0, `${cuts} cuts, ${dropped} dropped: the fault was not there`);
    await load.judged(t, { watchers: ['watcher'], stayed: staying(load.clients, began) });
    const late = lateness(history);
    t.diagnostic(`lateness p50 ${percentile(late, 50)} ms, p99 ${percentile(late, 99)} ms, most ${late.at(-1)} ms of ${late.length} deliveries`);
    assert.ok(late.at(-1) <= 4_000, `an event was ${late.at(-1)} ms late`);
    assert.deepEqual([...history.all('gap'), ...history.all('degraded')], [], 'nobody was told anything');
    nobodyLeft(load);
  });

  it('a slow Redis link (80 ms each way) is only slow', { timeout: 90_000 }, async (t) => {
    const { cluster, load, history, began } = await underLoad(t, { proxied: true });
    await Promise.all(cluster.nodes.map((node) => node.proxy.set('pass', { delayMs: 80 })));
    await load.acks(300);
    await Promise.all(cluster.nodes.map((node) => node.proxy.set('pass')));
    await load.judged(t, { watchers: ['watcher'], stayed: staying(load.clients, began) });
    assert.deepEqual([...history.all('gap'), ...history.all('degraded')], [], 'nobody was told anything');
    nobodyLeft(load);
  });

  for (const mode of MODES) {
    it(`one node cut off for ${CUT_MS / 1_000} s (${mode}): degraded, then restored; only who stayed with it leaves`, { timeout: 180_000 }, async (t) => {
      const { cluster, load, began } = await underLoad(t, { proxied: true, settings: { Presence: { GraceMs: CUT_GRACE_MS } } });
      const island = cluster.nodes[2];
      const mover = await load.guest('mover', { node: 2, flees: true });
      assert.equal(mover.line.node, island);
      const stranded = load.of(island);
      assert.ok(stranded.length > 0);
      await load.acks(40);
      const from = Date.now();
      const [kind, directions = 'both'] = mode.split(' ');
      await island.proxy.set(kind, { directions });
      await delay(CUT_MS);
      const refusedThere = stranded.every((client) => client.log.entries.some((e) => e.kind === 'refused' && e.code === 'degraded' && e.at > from));
      const ackedThere = stranded.flatMap((client) => client.log.entries.filter((e) => e.kind === 'ack' && e.at > from + 8_000));
      const to = Date.now();
      await island.proxy.set('pass');
      await acceptedAgain(t, load, to);
      await toldOnce(stranded, { from, to });
      await load.acks(40);
      const departures = stranded.flatMap((client) => leaving(load, client.user, from));
      const others = [...load.talkers.filter((client) => !stranded.includes(client)), mover];
      await load.judged(t, { graceMs: CUT_GRACE_MS, watchers: ['watcher'], departures, stayed: staying(others, began) });
      assert.ok(refusedThere, 'every stranded client was refused with degraded');
      assert.deepEqual(ackedThere, [], 'a node that is cut off acks nothing');
      const watched = load.watchers[0].log.of('present').filter((entry) => entry.in && entry.at >= to && stranded.some((client) => client.user === entry.user));
      assert.equal(watched.length, stranded.length * load.rooms.length, 'each is announced again, once a room');
      assert.notEqual(mover.line.node, island, 'the one who fled is elsewhere');
    });
  }
});
