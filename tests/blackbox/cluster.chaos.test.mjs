// Faults at random, one after another and also two at once, under load, on fsynced Redis: whatever happens, every rule about events
// holds, and everyone ends with the same history. GATEWAY_TEST_SEED repeats a run's choices.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LONG } from './harness/cluster.mjs';
import { underLoad } from './harness/cluster-scenario.mjs';
import { seeded } from './harness/checker.mjs';
import { redisLack } from './harness/redis.mjs';
import { delay } from './harness/waiting.mjs';

const LASTS_MS = LONG ? 900_000 : 30_000;

/** Each fault begins, lasts for a while and is over when it resolves. No two touch the same process at once. */
function faultsOf({ cluster, redis, load }, random) {
  const between = (low, high) => low + random() * (high - low);
  const busy = new Set();
  const alone = (key, act) => async () => {
    if (busy.has(key)) return false;
    busy.add(key);
    try {
      await act();
    } finally {
      busy.delete(key);
    }
    return true;
  };
  const faults = {
    'redis killed': alone('redis', async () => { await redis.kill(); await delay(between(0, 3_000)); await redis.start(); }),
    'redis frozen': alone('redis', async () => { redis.freeze(); await delay(between(200, 6_000)); redis.thaw(); }),
    'a client away': async () => {
      const client = load.talkers[Math.floor(random() * load.talkers.length)];
      if (client.asleep) return false;
      client.sleep();
      await delay(between(0, 4_000));
      client.wake(Math.floor(random() * cluster.nodes.length));
      return true;
    },
  };
  for (const node of cluster.nodes) {
    const own = (name, act) => { faults[`${node.name} ${name}`] = alone(node.name, act); };
    own('killed', async () => { await node.kill(); await delay(between(0, 2_000)); await node.start(); });
    own('terminated', async () => { await node.terminate(); await node.start(); });
    own('frozen', async () => { node.freeze(); await delay(between(500, 8_000)); await node.thaw(); });
    for (const mode of ['blackhole', 'refuse', 'reset']) {
      own(mode, async () => {
        await node.proxy.set(mode, { directions: ['both', 'up', 'down'][Math.floor(random() * 3)] });
        await delay(between(500, 8_000));
        await node.proxy.set('pass');
      });
    }
    own('slow', async () => { await node.proxy.set('pass', { delayMs: between(5, 200) }); await delay(2_000); await node.proxy.set('pass'); });
    own('without subscriptions', async () => { node.proxy.cutSubscriptions(); });
  }
  return faults;
}

describe('ENGINE E1–E5 chaos', { skip: redisLack ?? false }, () => {
  it(`${LASTS_MS / 1_000} s of faults at random: every rule about events holds`, { timeout: LASTS_MS * 2 + 180_000 }, async (t) => {
    const seed = Number(process.env.GATEWAY_TEST_SEED ?? Math.floor(Math.random() * 1e9));
    t.diagnostic(`seed ${seed}`);
    const random = seeded(seed);
    const { cluster, redis, load } = await underLoad(t, { aof: 'always', proxied: true });
    for (const node of cluster.nodes) node.proxy.dropPushes = 0.005;
    const faults = faultsOf({ cluster, redis, load }, random);
    const names = Object.keys(faults);
    const done = [];
    const worker = async (until) => {
      while (Date.now() < until) {
        const name = names[Math.floor(random() * names.length)];
        const at = Math.round((Date.now() - began) / 100) / 10;
        if (await faults[name]()) done.push(`${at} s ${name}`);
        await delay(random() * 1_000);
      }
    };
    const began = Date.now();
    await Promise.all([worker(began + LASTS_MS), worker(began + LASTS_MS)]);
    t.diagnostic(`${done.length} faults: ${LONG ? '' : done.join(', ')}`);
    assert.ok(done.length >= LASTS_MS / 5_000, `only ${done.length} faults`);
    await load.allReady(60_000);
    await load.acks(60);
    await load.judged(t, { maxMb: 800 }).catch((error) => { throw new Error(`seed ${seed}: ${error.message}\n${done.join('\n')}`); });
  });
});
