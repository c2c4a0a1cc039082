// Redis dies, comes back, fails over, freezes and forgets under load (PROTOCOL §7, ENGINE §4): sockets stay, nothing acked is lost
// unsaid, what is lost is told exactly, and publishes are accepted again within 5 s.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LONG } from './harness/cluster.mjs';
import { BACK_MS, acceptedAgain, noLineLost, nobodyLeft, settledRooms, staying, toldOnce, underLoad } from './harness/cluster-scenario.mjs';
import { proxyFor } from './harness/proxy.mjs';
import { redisFor, redisLack } from './harness/redis.mjs';
import { delay, until } from './harness/waiting.mjs';

const ROUNDS = LONG ? 5 : 1;
const AWAY_MS = 4_000;
const FROZEN_MS = 10_000;

describe('§7 Redis under a cluster', { skip: redisLack ?? false }, () => {
  for (const aof of ['always', 'everysec']) {
    it(`kill -9 and restart with AOF ${aof}: sockets stay, degraded is told once, nothing acked is lost unsaid`, { timeout: 60_000 + ROUNDS * 60_000 }, async (t) => {
      const { redis, load, began } = await underLoad(t, { aof });
      for (let round = 0; round < ROUNDS; round += 1) {
        await load.acks(40);
        const from = Date.now();
        await redis.kill();
        await delay(AWAY_MS);
        await redis.start();
        const to = Date.now();
        await acceptedAgain(t, load, to);
        await toldOnce(load.clients, { from, to });
      }
      noLineLost(load, began);
      const history = await load.judged(t, { watchers: ['watcher'], stayed: staying(load.clients, began) });
      if (aof === 'always') assert.deepEqual(history.all('gap'), [], 'fsynced events survive');
      const epochs = new Set(history.stored.get('r1').map((event) => event.epoch));
      assert.ok(epochs.size > ROUNDS, `each Redis process opens an epoch; there are ${epochs.size}`);
      nobodyLeft(load);
    });
  }

  it('a quick restart within 2 s is not told at all', { timeout: 90_000 }, async (t) => {
    const { redis, load, history, began } = await underLoad(t, { aof: 'always' });
    await load.acks(40);
    await redis.kill();
    await redis.start();
    await acceptedAgain(t, load, Date.now());
    noLineLost(load, began);
    await load.judged(t, { watchers: ['watcher'], stayed: staying(load.clients, began) });
    assert.deepEqual([...history.all('degraded'), ...history.all('gap')], []);
  });

  for (let round = 0; round < ROUNDS; round += 1) {
    it(`failover with a lost tail: told unasked, and the same ids enter again exactly once (${round + 1})`, { timeout: 180_000 }, async (t) => {
      const primary = await redisFor(t);
      const link = await proxyFor(t, primary, { speaksRedis: false });
      const replica = await redisFor(t);
      await replica.replicate(primary, { port: link.port });
      const both = { endpoint: primary.endpoint, setting: `${primary.endpoint},${replica.endpoint}` };
      const { load, began } = await underLoad(t, { redis: both });
      const sleeper = await load.guest('sleeper');
      await settledRooms(load);
      await load.acks(60);
      await link.set('blackhole');
      await load.acks(60);
      sleeper.sleep();
      await primary.kill();
      await replica.promote();
      await link.dispose();
      const promoted = Date.now();
      await acceptedAgain(t, load, promoted);
      await Promise.all([...load.watchers, ...load.talkers].map((client) => client.until('to be told', () => client.log.of('gap').length >= load.rooms.length, 15_000).catch(() => {})));
      sleeper.wake();
      await sleeper.until('its rooms', () => sleeper.ready);
      await load.acks(40);
      const history = await load.judged(t, { watchers: ['watcher'], stayed: staying([...load.talkers, ...load.watchers], began) });
      for (const client of [...load.watchers, sleeper]) {
        const told = client.log.of('gap').map((gap) => `${gap.room} ${gap.reason}`).sort();
        assert.deepEqual(told, load.rooms.map((room) => `${room} rolled_back`), `${client.name} was told of each room once`);
      }
      const [gap] = load.watchers[0].log.of('gap');
      const before = history.stored.get(gap.room).filter((event) => event.seq < gap.from);
      assert.ok(before.every((event) => event.epoch !== gap.epoch), 'the new epoch begins at the cut');
      noLineLost({ clients: [...load.watchers, ...load.talkers] }, began);
    });
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    it(`frozen for 10 s: no storm of user_left, publishes of the time enter exactly once (${round + 1})`, { timeout: 120_000 }, async (t) => {
      const { redis, load, began } = await underLoad(t);
      await load.acks(40);
      const from = Date.now();
      redis.freeze();
      await delay(FROZEN_MS);
      redis.thaw();
      const to = Date.now();
      await acceptedAgain(t, load, to);
      await toldOnce(load.clients, { from, to });
      noLineLost(load, began);
      const history = await load.judged(t, { watchers: ['watcher'], stayed: staying(load.clients, began) });
      assert.deepEqual(history.all('gap'), [], 'nothing was lost');
      nobodyLeft(load);
    });
  }

  it('FLUSHALL: told as a reset, seq from 1 in a new epoch, service and sessions go on', { timeout: 120_000 }, async (t) => {
    const { redis, load, cluster, began } = await underLoad(t);
    await settledRooms(load);
    await load.acks(60);
    const before = new Set(load.history.all('ack').map((ack) => ack.epoch));
    await redis.call('FLUSHALL');
    const at = Date.now();
    await acceptedAgain(t, load, at);
    await Promise.all(load.clients.map((client) => client.until('a reset of every room', () => load.rooms.every((room) => client.log.entries.some((e) => e.kind === 'gap' && e.room === room && e.reason === 'reset')), BACK_MS + 5_000)));
    await until('everybody to be present again', async () => {
      const rooms = await Promise.all(load.rooms.map((room) => cluster.well.api('GET', `/v1/rooms/${room}/presence`)));
      return rooms.every((answer) => answer.json.count === load.clients.length);
    }, { ms: 20_000, every: 200 });
    const traveller = load.talkers[0];
    traveller.sleep();
    await delay(300);
    traveller.wake(1);
    await load.allReady();
    await load.acks(40);
    const history = await load.judged(t, { watchers: ['watcher'], stayed: staying(load.clients, began) });
    for (const room of load.rooms) {
      const [first] = history.stored.get(room);
      assert.equal(first.seq, 1);
      assert.ok(!before.has(first.epoch), 'a new epoch');
    }
    assert.equal(traveller.log.of('welcome').at(-1).resumed, true, 'sessions were brought again');
  });
});
