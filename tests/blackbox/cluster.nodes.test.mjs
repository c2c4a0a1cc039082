// Nodes of a cluster die, are stopped and freeze under load (PROTOCOL §4, §6; ENGINE E1–E6): no acked event is lost or doubled, no
// client misses anything unsaid, sessions go on elsewhere, and only who did not come back leaves.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { DRAIN_MS, GRACE_MS, LONG } from './harness/cluster.mjs';
import { RESUME_P99_MS, leaving, nobodyLeft, staying, underLoad } from './harness/cluster-scenario.mjs';
import { LEFT_WITHIN_MS } from './harness/history-figures.mjs';
import { redisLack } from './harness/redis.mjs';
import { delay } from './harness/waiting.mjs';

const KILLS = LONG ? 30 : 5;
const ROUNDS = LONG ? 5 : 1;
const FROZEN_MS = 15_000;
// Whoever is with a frozen node needs a while to notice, and is back within this grace period; who stays leaves while it is frozen.
const FROZEN_GRACE_MS = 6_000;

describe('§6 nodes of a cluster', { skip: redisLack ?? false }, () => {
  it(`${KILLS} times kill -9 under load: sessions go on elsewhere, only who does not come back leaves`, { timeout: 90_000 + KILLS * 60_000 }, async (t) => {
    const { cluster, load, began } = await underLoad(t);
    const departures = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const victim = cluster.nodes[1 + (kill % 2)];
      const ghost = await load.guest(`ghost-${kill}`, { node: victim.index });
      assert.equal(ghost.line.node, victim);
      await load.acks(20);
      ghost.forsake();
      const at = Date.now();
      await victim.kill();
      departures.push(...leaving(load, ghost.user, at));
      await load.allReady();
      await load.acks(20);
      await victim.start();
      // Some go home, so that the next death has somebody to hit.
      for (const client of load.talkers.slice(0, 4)) if (client.line.node.index === 0) { client.sleep(); client.wake(victim.index); }
      await load.allReady();
    }
    await load.departed(departures.map((one) => one.user), load.watchers, GRACE_MS + LEFT_WITHIN_MS + 2_000);
    await load.judged(t, { resumeP99Ms: RESUME_P99_MS, graceMs: GRACE_MS, watchers: ['watcher'], departures, stayed: staying(load.talkers, began) });
  });

  it('SIGTERM to each node in turn under load: make before break, exit 0, nobody leaves', { timeout: 60_000 + ROUNDS * 120_000 }, async (t) => {
    const { cluster, load, began } = await underLoad(t, { watchers: { watcher: 0, other: 1 } });
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const node of cluster.nodes) {
        await load.acks(20);
        const told = Date.now();
        const { code } = await node.terminate();
        assert.equal(code, 0, `${node.name} exits 0`);
        assert.ok(Date.now() - told <= DRAIN_MS + 10_000, `${node.name} took ${Date.now() - told} ms to drain`);
        await load.allReady();
        await node.start();
      }
    }
    await load.acks(20);
    const codes = load.clients.flatMap((client) => client.log.of('lost').map((entry) => entry.code)).filter((code) => code !== 4501 && code !== 1012);
    // A connection that is refused while a node drains ends with 1006, before it ever had a session.
    const greeted = load.clients.flatMap((client) => {
      const sockets = new Set(client.log.of('resumed').map((entry) => entry.socket).concat(1));
      return client.log.of('lost').filter((entry) => sockets.has(entry.socket) && ![4501, 1012].includes(entry.code));
    });
    assert.deepEqual(greeted, [], `lines ended otherwise than by 4501 or 1012 (in all: ${codes.length})`);
    await load.judged(t, { resumeP99Ms: RESUME_P99_MS, watchers: ['watcher', 'other'], stayed: staying(load.clients, began) });
    nobodyLeft(load);
  });

  for (let round = 0; round < (LONG ? 3 : 1); round += 1) {
    it(`a node frozen for 15 s: who moves on never left, who stays leaves once and is back with the node (${round + 1})`, { timeout: 180_000 }, async (t) => {
      const { cluster, load, began } = await underLoad(t, { settings: { Presence: { GraceMs: FROZEN_GRACE_MS } }, client: { pingMs: 500, silenceMs: 2_500 } });
      const frozen = cluster.nodes[2];
      const faithful = await load.guest('faithful', { node: 2, silenceMs: 120_000 });
      await load.acks(30);
      const at = Date.now();
      frozen.freeze();
      await delay(FROZEN_MS);
      const leftBefore = load.watchers[0].log.of('present').filter((entry) => !entry.in && entry.user === faithful.user).length;
      await frozen.thaw();
      const thawed = Date.now();
      const isBack = (e) => e.kind === 'present' && e.in && e.user === faithful.user && e.at >= thawed - 500;
      await load.watchers[0].until('the one who stayed to be back', () => load.rooms.every((room) => load.watchers[0].log.entries.some((e) => isBack(e) && e.room === room)), 20_000).catch(() => {});
      await load.acks(50);
      const back = load.watchers[0].log.entries.filter(isBack).length;
      assert.equal(leftBefore, load.rooms.length, 'left every room while the node was frozen');
      assert.equal(back, load.rooms.length, 'joined every room again, once');
      const departures = leaving(load, faithful.user, at);
      await load.judged(t, { resumeP99Ms: RESUME_P99_MS, graceMs: FROZEN_GRACE_MS, watchers: ['watcher'], departures, stayed: staying(load.talkers, began) });
    });
  }
});
