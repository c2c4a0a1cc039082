// Many at once (PROTOCOL §6): two nodes claim one session at the same moment, and a whole node's clients come back together.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LONG, allKnown, clusterFor } from './harness/cluster.mjs';
import { RoamingClient } from './harness/cluster-client.mjs';
import { RESUME_P99_MS, nobodyLeft } from './harness/cluster-scenario.mjs';
import { judge } from './harness/checker.mjs';
import { History, percentile } from './harness/history.mjs';
import { redisFor, redisLack } from './harness/redis.mjs';
import { unique, until } from './harness/waiting.mjs';

const RACES = LONG ? 1_000 : 100;
const AT_ONCE = 10;
const STORM = LONG ? 3_000 : 600;
const ROOM_SIZE = 30;

describe('§6 many at once', { skip: redisLack ?? false }, () => {
  it(`${RACES} times two nodes claim one session at once: one owner, the others closed with 4501`, { timeout: 120_000 + RACES * 500 }, async (t) => {
    const redis = await redisFor(t);
    // Who has just been there counts within the grace period: above the limit nobody would be announced by name.
    const cluster = await clusterFor(t, { redis, settings: { Namespaces: { chat: { PresenceLimit: 10_000 } } } });
    const [a, b, c] = cluster.nodes.map((node) => node.gateway);
    const room = unique('raced');
    const observer = await a.connect(t, { user: 'observer', rooms: [room] });

    const seen = (client) => `closed ${client.closed?.code ?? 'not'}; ${client.frames.filter((f) => f.senderId === undefined && !/^user_/.test(f.type)).map((f) => `${f.at % 100_000} ${f.raw.slice(0, 110)}`).join('\n    ')}`;
    const race = async (index) => {
      const user = `racer-${index}`;
      const first = await a.connect(t, { user, rooms: [room] });
      const rivals = [b, c].map((gateway) => gateway.open({ user, query: { session: first.session }, t }));
      const all = [first, ...rivals];
      await until(`one owner of ${user}'s session`, () => all.filter((client) => client.closed).length === 2 && rivals.every((one) => one.closed || one.all('joined').length > 0), { ms: 15_000 })
        .catch((error) => { throw new Error(`${error.message}\n${all.map(seen).join('\n')}`); });
      const closed = all.filter((client) => client.closed);
      assert.deepEqual(closed.map((client) => client.closed.code), [4501, 4501], all.map(seen).join('\n'));
      const owner = all.find((client) => !client.closed);
      assert.notEqual(owner, first, 'a newcomer owns the session');
      assert.equal((await owner.publish({ room, n: index })).type, 'ack');
      assert.equal(owner.closed, null);
      await owner.close();
    };
    for (let i = 0; i < RACES; i += AT_ONCE) await Promise.all(Array.from({ length: Math.min(AT_ONCE, RACES - i) }, (_, n) => race(i + n)));

    await observer.until('everyone to be gone', () => observer.all('user_left').length >= RACES, 30_000).catch(() => {});
    for (let i = 0; i < RACES; i += 1) {
      const own = (type) => observer.all({ type, userId: `racer-${i}` }).length;
      assert.deepEqual([own('user_joined'), own('user_left')], [1, 1], `racer-${i} joined and left once`);
    }
  });

  it(`a node with ${STORM} sessions dies: all are resumed on the others, p99 within 6 s, nobody leaves`, { timeout: 240_000 }, async (t) => {
    const redis = await redisFor(t);
    const history = new History();
    // Nobody is let go before the storm is over: what is tried is the resume, and 3,000 handshakes take two cores a while.
    const cluster = await clusterFor(t, { redis, history, settings: { Presence: { GraceMs: 15_000 } } });
    await allKnown(cluster);
    const names = Array.from({ length: STORM }, (_, i) => `storm-${i}`);
    const clients = names.map((user, i) => new RoamingClient(cluster, { user, rooms: [`hall-${Math.floor(i / ROOM_SIZE)}`], node: 2, log: history.log(user), pingMs: 5_000, silenceMs: 20_000, republish: false }));
    t.after(() => clients.forEach((client) => client.vanish()));
    for (let i = 0; i < clients.length; i += 50) {
      const some = clients.slice(i, i + 50);
      some.forEach((client) => client.start());
      await Promise.all(some.map((client) => client.until('its room', () => client.ready)));
    }
    assert.ok(clients.every((client) => client.line.node.index === 2));
    const halls = [...new Set(clients.flatMap((client) => client.rooms))];
    await Promise.all(clients.map((client) => client.publish(client.rooms[0])));

    await cluster.nodes[2].kill();
    const killed = Date.now();
    await Promise.all(clients.map((client) => client.until('its session', () => client.ready && client.line.node.index !== 2, 60_000)));
    await Promise.all(clients.map((client) => client.publish(client.rooms[0])));
    for (const hall of halls) history.keep(hall, await cluster.stored(hall));
    const topOf = (client) => history.stored.get(client.rooms[0]).at(-1).seq;
    await Promise.all(clients.map((client) => client.until('the top', () => client.positions.get(client.rooms[0]).since >= topOf(client), 30_000)));

    const times = history.resumeTimes();
    t.diagnostic(`${STORM} resumes: p50 ${percentile(times, 50)} ms, p99 ${percentile(times, 99)} ms, the last after ${times.at(-1)} ms; all over after ${Date.now() - killed} ms`);
    const anew = clients.filter((client) => client.log.of('welcome').at(-1).resumed !== true);
    assert.deepEqual(anew.map((client) => client.name).slice(0, 5), [], `${anew.length} sessions were not resumed`);
    assert.deepEqual(judge(history, { resumeP99Ms: RESUME_P99_MS, caughtUp: names, maxMb: 800 }).slice(0, 10), []);
    nobodyLeft({ clients });
  });
});
