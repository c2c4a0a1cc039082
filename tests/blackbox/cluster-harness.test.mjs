// The laboratory itself can be trusted: its Redis servers start, die and come back, its cluster moves slots with their keys, and
// its proxy breaks exactly what it says it breaks.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';

import { proxyFor } from './harness/proxy.mjs';
import { redisFor, redisLack } from './harness/redis.mjs';
import { redisClusterFor, slotOf } from './harness/redis-cluster.mjs';
import { Framer, RedisConnection, encode, frameEnd, valueOf } from './harness/redis-wire.mjs';
import { delay, until } from './harness/waiting.mjs';

const SAMPLES = ['+OK\r\n', '-ERR no\r\n', ':12\r\n', '$5\r\nhe\r\no\r\n', '$-1\r\n', '_\r\n', '#t\r\n', ',1.5\r\n', '*2\r\n$1\r\na\r\n:1\r\n',
  '%1\r\n+k\r\n*1\r\n:7\r\n', '>3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n', '*0\r\n'];

describe('the wire', { concurrency: true }, () => {
  it('every split of every frame gives the same frames', () => {
    const stream = Buffer.from(SAMPLES.join(''), 'latin1');
    for (let cut = 1; cut < stream.length; cut += 1) {
      const framer = new Framer();
      const frames = [...framer.frames(stream.subarray(0, cut)), ...framer.frames(stream.subarray(cut))];
      assert.deepEqual(frames.map((frame) => frame.toString('latin1')), SAMPLES, `split at ${cut}`);
    }
  });

  it('a frame says what it says', () => {
    assert.deepEqual(SAMPLES.map((text) => valueOf(Buffer.from(text, 'latin1'))).filter((value) => !(value instanceof Error)),
      ['OK', 12, 'he\r\no', null, null, true, 1.5, ['a', 1], { k: [7] }, { push: ['smessage', 'c', 'hi'] }, []]);
    assert.deepEqual(valueOf(encode(['SET', 'ä', 1])), ['SET', 'ä', '1']);
    assert.throws(() => frameEnd(Buffer.from('GET / HTTP/1.1\r\n')), /No RESP frame/);
  });

  it('slots are those of Redis', () => {
    assert.equal(slotOf('123456789'), 12_739);
    assert.equal(slotOf('a{user1000}b'), slotOf('user1000'));
    assert.equal(slotOf('foo{}{bar}'), slotOf('foo{}{bar}'));
    assert.equal(slotOf('foo'), 12_182);
  });
});

describe('redis', { concurrency: 2, skip: redisLack ?? false }, () => {
  for (const aof of ['always', 'everysec']) {
    it(`kill -9 and a restart on the same directory keep the data with AOF ${aof}`, async (t) => {
      const redis = await redisFor(t, { aof });
      const before = (await redis.info('server')).run_id;
      await redis.call('SET', 'k', 'v');
      if (aof === 'everysec') await until('the AOF to be synced', async () => (await redis.info('persistence')).aof_pending_bio_fsync === '0' && delay(1_100, true));
      await redis.kill();
      await redis.start();
      assert.equal(await redis.call('GET', 'k'), 'v');
      assert.notEqual((await redis.info('server')).run_id, before);
    });
  }

  it('without AOF a restart forgets all', async (t) => {
    const redis = await redisFor(t);
    await redis.call('SET', 'k', 'v');
    await redis.kill();
    await redis.start();
    assert.equal(await redis.call('GET', 'k'), null);
  });

  it('frozen it does not answer, thawed it does', async (t) => {
    const redis = await redisFor(t);
    const connection = await redis.connection();
    t.after(() => connection.close());
    redis.freeze();
    let answered = false;
    const answer = connection.call('PING').then((text) => { answered = true; return text; });
    await delay(200);
    assert.equal(answered, false);
    redis.thaw();
    assert.equal(await answer, 'PONG');
  });

  it('an ACL user is let in, the default user is not', async (t) => {
    const redis = await redisFor(t, { user: 'gateway', password: 'a-password-of-tests' });
    assert.equal(await redis.call('ACL', 'WHOAMI'), 'gateway');
    const stranger = new RedisConnection(redis.port);
    t.after(() => stranger.close());
    await assert.rejects(stranger.call('PING'), /NOAUTH/);
  });

  it('a replica behind a black hole misses the tail, and is the primary once promoted', async (t) => {
    const primary = await redisFor(t);
    const link = await proxyFor(t, primary, { speaksRedis: false });
    const replica = await redisFor(t);
    await replica.replicate(primary, { port: link.port });
    await primary.call('SET', 'kept', '1');
    await until('the replica to have it', async () => (await replica.call('GET', 'kept')) === '1');
    await link.set('blackhole');
    await primary.call('SET', 'lost', '1');
    await primary.kill();
    await replica.promote();
    await link.dispose();
    assert.equal(await replica.call('GET', 'lost'), null);
    assert.equal((await replica.info('replication')).role, 'master');
  });

  it('a cluster of three moves a slot with its keys', { timeout: 60_000 }, async (t) => {
    const cluster = await redisClusterFor(t);
    const slot = slotOf('{x}');
    const owner = await cluster.ownerOf(slot);
    for (let i = 0; i < 20; i += 1) await cluster.servers[owner].call('SET', `{x}${i}`, i);
    assert.deepEqual(await cluster.usedSlots(), [slot]);
    let pauses = 0;
    const { to, moved } = await cluster.migrate(slot, { pause: async () => { pauses += 1; } });
    assert.equal(moved, 20);
    assert.equal(pauses, 20);
    assert.notEqual(to, owner);
    assert.equal(await cluster.servers[to].call('GET', '{x}7'), '7');
    await assert.rejects(cluster.servers[owner].call('GET', '{x}7'), /MOVED/);
    await until('all to know the new owner', async () => (await cluster.ownerOf(slot)) === to);
  });
});

/** A server that says after each command what it got, without being Redis. */
async function echo(t) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => socket.write(chunk));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => { sockets.forEach((socket) => socket.destroy()); server.close(); });
  return { port: server.address().port };
}

describe('the proxy', { concurrency: 2, skip: redisLack ?? false }, () => {
  it('passes everything by default, also what is no Redis', async (t) => {
    const proxy = await proxyFor(t, await echo(t));
    const connection = new RedisConnection(proxy.port);
    t.after(() => connection.close());
    const seen = [];
    connection.socket.removeAllListeners('data');
    connection.socket.on('data', (chunk) => seen.push(chunk));
    for (const text of ['hello ', 'GET / HTTP/1.1\r\n\r\n', 'more']) {
      connection.socket.write(text);
      await until('the echo', () => Buffer.concat(seen).toString().endsWith(text));
    }
    assert.equal(Buffer.concat(seen).toString(), 'hello GET / HTTP/1.1\r\n\r\nmore');
  });

  it('refuses, resets, and takes up again', async (t) => {
    const redis = await redisFor(t);
    const proxy = await proxyFor(t, redis);
    const first = new RedisConnection(proxy.port);
    t.after(() => first.close());
    assert.equal(await first.call('PING'), 'PONG');
    await proxy.set('refuse');
    await assert.rejects(first.call('PING'), /closed|ECONN/);
    await assert.rejects(new RedisConnection(proxy.port).call('PING'), /ECONNREFUSED/);
    await proxy.set('reset');
    await assert.rejects(new RedisConnection(proxy.port).call('PING'), /ECONNRESET|closed|EPIPE/);
    await proxy.set('pass');
    const last = new RedisConnection(proxy.port);
    t.after(() => last.close());
    assert.equal(await last.call('PING'), 'PONG');
  });

  for (const directions of ['both', 'up', 'down']) {
    it(`a black hole (${directions}) holds everything, and delivers it in order when it is gone`, async (t) => {
      const redis = await redisFor(t);
      const proxy = await proxyFor(t, redis);
      const connection = new RedisConnection(proxy.port);
      t.after(() => connection.close());
      await connection.call('SET', 'n', '0');
      await proxy.set('blackhole', { directions });
      let answers = 0;
      const calls = Array.from({ length: 5 }, () => connection.call('INCR', 'n').then((n) => { answers += 1; return n; }));
      if (directions === 'down') await until('the commands to arrive', async () => (await redis.call('GET', 'n')) === '5');
      else await delay(150);
      assert.equal(answers, 0);
      assert.equal(await redis.call('GET', 'n'), directions === 'down' ? '5' : '0');
      await proxy.set('pass');
      assert.deepEqual(await Promise.all(calls), [1, 2, 3, 4, 5]);
    });
  }

  it('delays, and keeps the order when the delay ends', async (t) => {
    const redis = await redisFor(t);
    const proxy = await proxyFor(t, redis);
    const connection = new RedisConnection(proxy.port);
    t.after(() => connection.close());
    await connection.call('PING');
    await proxy.set('pass', { delayMs: 100 });
    const began = Date.now();
    const calls = [connection.call('INCR', 'n')];
    await delay(5);
    await proxy.set('pass');
    calls.push(connection.call('INCR', 'n'));
    assert.deepEqual(await Promise.all(calls), [1, 2]);
    assert.ok(Date.now() - began >= 95, `took ${Date.now() - began} ms`);
  });

  it('ends the subscription connection alone', async (t) => {
    const redis = await redisFor(t);
    const proxy = await proxyFor(t, redis);
    const [plain, subscribed] = [new RedisConnection(proxy.port), new RedisConnection(proxy.port)];
    t.after(() => { plain.close(); subscribed.close(); });
    await plain.call('SET', 'k', 'SSUBSCRIBE');
    await subscribed.call('HELLO', '3');
    subscribed.call('SSUBSCRIBE', 'c').catch(() => {});
    await until('the confirmation', () => subscribed.pushes.length === 1);
    assert.equal(proxy.cutSubscriptions(), 1);
    await assert.rejects(subscribed.call('PING'), /closed|ECONN/);
    assert.equal(await plain.call('PING'), 'PONG');
  });

  it('drops whole pushes at the rate it is told, and nothing else', async (t) => {
    const redis = await redisFor(t);
    let n = 0;
    const proxy = await proxyFor(t, redis, { random: () => ((n += 1) % 10 === 0 ? 0 : 0.99) });
    proxy.dropPushes = 0.01;
    const subscribed = new RedisConnection(proxy.port);
    t.after(() => subscribed.close());
    await subscribed.call('HELLO', '3');
    subscribed.call('SSUBSCRIBE', 'c').catch(() => {});
    await until('the confirmation', () => subscribed.pushes.length === 1);
    const publisher = await redis.connection();
    t.after(() => publisher.close());
    await Promise.all(Array.from({ length: 200 }, (_, i) => publisher.call('SPUBLISH', 'c', `${i}:${'x'.repeat(i * 37)}`)));
    await until('the pushes', () => proxy.pushes === 200 && subscribed.pushes.length === 181);
    assert.equal(proxy.dropped, 20);
    const heard = subscribed.pushes.slice(1).map((push) => Number(push[2].split(':')[0]));
    assert.deepEqual(heard, Array.from({ length: 200 }, (_, i) => i).filter((i) => (i + 1) % 10 !== 0));
  });
});
