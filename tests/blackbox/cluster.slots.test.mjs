// A Redis Cluster moves slots under load (ENGINE §4): MOVED, ASK, TRYAGAIN and an unasked-for sunsubscribe are nobody's business but
// the gateway's; clients see nothing of it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LONG } from './harness/cluster.mjs';
import { noLineLost, nobodyLeft, staying, underLoad } from './harness/cluster-scenario.mjs';
import { redisLack } from './harness/redis.mjs';
import { redisClusterFor } from './harness/redis-cluster.mjs';
import { delay } from './harness/waiting.mjs';

const TURNS = LONG ? 10 : 2;

describe('§7 a Redis Cluster', { skip: redisLack ?? false }, () => {
  it('moves the slots of busy rooms to and fro under load, and clients see nothing of it', { timeout: 120_000 + TURNS * 60_000 }, async (t) => {
    const redis = await redisClusterFor(t);
    const { load, began } = await underLoad(t, { redis });
    await load.acks(40);
    const slots = [...new Set((await Promise.all(load.rooms.map((room) => redis.usedSlots(`*:r:*${room}:*`)))).flat())];
    assert.ok(slots.length > 0, 'the rooms have keys');
    let moved = 0;
    let ackedMeanwhile = 0;
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const slot of slots) {
        const before = load.acked;
        const result = await redis.migrate(slot, { pause: () => delay(20) });
        moved += result.moved;
        ackedMeanwhile += load.acked - before;
        await load.acks(15);
      }
    }
    t.diagnostic(`${moved} keys moved, ${ackedMeanwhile} events acked meanwhile`);
    assert.ok(moved >= slots.length * TURNS && ackedMeanwhile > 0, `${moved} keys moved, ${ackedMeanwhile} events acked meanwhile`);
    noLineLost(load, began);
    const history = await load.judged(t, { watchers: ['watcher'], stayed: staying(load.clients, began) });
    assert.deepEqual([...history.all('gap'), ...history.all('degraded')], [], 'nobody was told anything');
    nobodyLeft(load);
  });

  it('loses a primary for a while: its rooms are degraded, the others go on', { timeout: 120_000 }, async (t) => {
    const redis = await redisClusterFor(t, { aof: 'always', extra: ['--cluster-require-full-coverage', 'no'] });
    const rooms = Array.from({ length: 9 }, (_, i) => `r${i + 1}`);
    const { load, began } = await underLoad(t, { redis, rooms });
    await load.acks(60);
    await redis.servers[2].kill();
    await delay(4_000);
    await redis.servers[2].start();
    await redis.settled();
    const since = Date.now();
    await Promise.all(load.talkers.map((client) => client.until('acks of every room', () => rooms.every((room) => client.log.entries.some((e) => e.kind === 'ack' && e.at >= since && e.room === room)), 20_000)));
    noLineLost(load, began);
    const history = await load.judged(t, { watchers: ['watcher'], stayed: staying(load.clients, began) });
    assert.deepEqual(history.all('gap'), [], 'nothing was lost');
    nobodyLeft(load);
  });
});
