// PROTOCOL §6: heartbeat and the end of a node.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { UNLIMITED, gatewayFor, suite } from './harness/gateway.mjs';
import { OPCODE, RawSocket, frame } from './harness/raw.mjs';
import { delay, unique } from './harness/waiting.mjs';

suite('§6 heartbeat', { concurrency: 6, settings: { ...UNLIMITED, Heartbeat: { PingMs: 800, TimeoutMs: 2_400 } } }, (gateway) => {
  it('§6 heartbeatMs in welcome is Heartbeat:PingMs', async (t) => {
    assert.equal((await gateway.connect(t, { user: unique('ann') })).welcome.heartbeatMs, 800);
  });

  it('§6 a silent peer is pinged, then dropped with 4002', async (t) => {
    const raw = await RawSocket.open(gateway.port, '/ws', { t });
    const from = Date.now();
    await raw.until('a ping', () => raw.frames.some((f) => f.opcode === OPCODE.ping));
    assert.ok(Date.now() - from >= 600, `pinged after ${Date.now() - from} ms`);
    await raw.until('the close', () => raw.closeCode ?? raw.ended);
    assert.equal(raw.closeCode, 4002);
    const took = Date.now() - from;
    assert.ok(took >= 2_200 && took < 6_000, `dropped after ${took} ms`);
  });

  it('§6 a peer that answers pings lives on', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    await delay(6_000);
    assert.ok(client.open);
    assert.ok(client.pings >= 3, `${client.pings} pings`);
  });

  it('§6 any byte counts: a peer that sends is not pinged', async (t) => {
    const raw = await RawSocket.open(gateway.port, '/ws', { t });
    const timer = setInterval(() => raw.write(frame(OPCODE.pong, '')), 200);
    t.after(() => clearInterval(timer));
    await delay(4_500);
    assert.equal(raw.closeCode, null);
    assert.equal(raw.frames.filter((f) => f.opcode === OPCODE.ping).length, 0);
  });

  it('§6 a ping of the client is answered with its own payload', async (t) => {
    const raw = await RawSocket.open(gateway.port, '/ws', { t });
    raw.write(frame(OPCODE.ping, 'abc'));
    await raw.until('the pong', () => raw.frames.some((f) => f.opcode === OPCODE.pong && f.length === 3));
  });

  it('§6 a close is answered with a close', async (t) => {
    const raw = await RawSocket.open(gateway.port, '/ws', { t });
    raw.write(frame(OPCODE.close, Buffer.from([0x03, 0xe8])));
    await raw.until('the close', () => raw.closeCode);
    assert.equal(raw.closeCode, 1000);
    await raw.until('the end', () => raw.ended);
  });
});

describe('§6 a node that is stopped', { concurrency: 3 }, () => {
  it('§6 SIGTERM: reconnect to everyone, 503 for new ones, service goes on, then 1012, exit 0', async (t) => {
    const windowMs = 2_500;
    const gateway = await gatewayFor(t, { settings: { ...UNLIMITED, Drain: { WindowMs: windowMs } } });
    const clients = [];
    for (let i = 0; i < 12; i += 1) clients.push(await gateway.connect(t, { user: unique('u'), rooms: ['r'] }));
    const from = Date.now();
    const exit = gateway.terminate();
    const told = await Promise.all(clients.map((client) => client.next('reconnect')));
    for (const { afterMs } of told) assert.ok(afterMs >= 0 && afterMs <= windowMs, `${afterMs}`);
    assert.ok(new Set(told.map((f) => f.afterMs)).size > 4, 'spread');

    const refused = await gateway.refused({ user: unique('late') });
    assert.equal(refused.status, 503);
    assert.ok(refused.headers['retry-after'], 'Retry-After');
    assert.equal((await gateway.http('GET', '/health/ready')).status, 503);
    assert.equal((await gateway.http('GET', '/health/live')).status, 200);

    const ack = await clients[0].publish({ room: 'r', content: 'still here' });
    assert.equal(ack.seq, 1);
    await clients[1].next('message');

    for (const [i, client] of clients.entries()) {
      const { code, at } = await client.closing(windowMs + 6_000);
      assert.equal(code, 1012);
      const took = at - from;
      const due = told[i].afterMs + 2_000;
      assert.ok(took > due - 700 && took < due + 2_500, `closed after ${took} ms, due ${due}`);
    }
    assert.deepEqual(await exit, { code: 0, signal: null });
  });

  it('§6 it exits as soon as none is left', async (t) => {
    const gateway = await gatewayFor(t, { settings: { Drain: { WindowMs: 20_000 } } });
    const clients = [await gateway.connect(t, { user: 'ann' }), await gateway.connect(t, { user: 'bob' })];
    const from = Date.now();
    const exit = gateway.terminate();
    await Promise.all(clients.map(async (client) => {
      await client.next('reconnect');
      await client.close();
    }));
    assert.equal((await exit).code, 0);
    assert.ok(Date.now() - from < 6_000, `${Date.now() - from} ms`);
  });

  it('§6 without connections it exits at once, with 0', async (t) => {
    const gateway = await gatewayFor(t);
    const from = Date.now();
    assert.equal((await gateway.terminate()).code, 0);
    assert.ok(Date.now() - from < 5_000, `${Date.now() - from} ms`);
  });
});
