// PROTOCOL §7: a client that stops reading hurts nobody, and loses nothing that is kept.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { UNLIMITED, suite } from './harness/gateway.mjs';
import { token } from './harness/jwt.mjs';
import { OPCODE, RawSocket, frame } from './harness/raw.mjs';
import { delay, unique, until } from './harness/waiting.mjs';

// Far more than the two socket buffers between server and client can hold.
const PAD = 'x'.repeat(40_000);
const EVENTS = 600;

suite('§7 slow clients', {
  concurrency: 3,
  settings: {
    ...UNLIMITED,
    Limits: { ...UNLIMITED.Limits, OutboxEvents: 100, OutboxBytes: 1_048_576 },
    Heartbeat: { PingMs: 60_000, TimeoutMs: 240_000 },
    Namespaces: { brief: { Mode: 'log', HistorySize: 20, DefaultHistory: 0, Rights: ['join', 'publish', 'history', 'presence'] } },
  },
}, (gateway) => {
  async function stalled(t, room, user = unique('slow')) {
    const raw = await RawSocket.open(gateway.port, `/ws?room=${room}&history=0`, { t, headers: { Authorization: `Bearer ${token({ sub: user })}` } });
    raw.user = user;
    await raw.until('joined', () => raw.messages.some((m) => m.type === 'joined'));
    raw.stopReading();
    return raw;
  }

  async function flood(room, count, from = 1) {
    for (let at = 0; at < count; at += 20) {
      await gateway.publishLines(room, Array.from({ length: Math.min(20, count - at) }, (_, i) => ({ type: 'message', n: from + at + i, pad: PAD })));
    }
  }

  const events = (raw) => raw.messages.filter((m) => m.type === 'message');

  it('§7 others are unaffected; the slow one is lagging, then gets every event once and in order, then live ones', async (t) => {
    const room = unique('room');
    const slow = await stalled(t, room);
    const quick = await gateway.connect(t, { user: unique('quick'), rooms: [room] });
    const worst = { ms: 0 };
    let done = false;
    const flooding = flood(room, EVENTS).finally(() => { done = true; });
    const side = unique('side');
    while (!done) {
      const from = performance.now();
      await quick.publish({ room: side });
      worst.ms = Math.max(worst.ms, performance.now() - from);
      await delay(10);
    }
    await flooding;
    await quick.until('all events at the quick one', () => quick.all('message').length === EVENTS, 20_000);
    assert.ok(worst.ms < 2_500, `worst ack ${worst.ms.toFixed(0)} ms`);

    slow.readOn();
    await slow.until('the last event', () => events(slow).at(-1)?.n === EVENTS, 40_000);
    const lagging = slow.messages.findIndex((m) => m.type === 'lagging');
    assert.ok(lagging > 0, 'lagging was told');
    assert.equal(slow.messages[lagging].room, room);
    const seqs = events(slow).map((e) => e.seq);
    assert.deepEqual(seqs, Array.from({ length: EVENTS }, (_, i) => i + 1));
    assert.ok(events(slow).at(-1).replay === true, 'catch-up comes as replay');
    assert.equal(slow.messages.filter((m) => m.type === 'gap').length, 0);
    await slow.until('a presence frame at the end', () => slow.messages.slice(lagging).some((m) => m.type === 'presence' && m.room === room));

    await quick.publish({ room, content: 'live again' });
    await slow.until('a live event', () => events(slow).at(-1).content === 'live again');
    assert.ok(!('replay' in events(slow).at(-1)));
    assert.equal(events(slow).at(-1).seq, EVENTS + 1);
  });

  it('§7 only past the history there is a gap, and what follows has no hole', async (t) => {
    const room = `brief:${unique('room')}`;
    const slow = await stalled(t, room);
    await flood(room, EVENTS);
    slow.readOn();
    await slow.until('the last event', () => events(slow).at(-1)?.n === EVENTS, 40_000);
    const gaps = slow.messages.filter((m) => m.type === 'gap');
    assert.ok(gaps.length > 0);
    assert.ok(gaps.every((g) => g.reason === 'trimmed' && g.room === room && g.from <= g.to));
    let at = 0;
    for (const message of slow.messages) {
      if (message.type === 'gap') {
        assert.equal(message.from, at + 1, 'the gap begins after the last event');
        at = message.to;
      } else if (message.type === 'message') {
        assert.equal(message.seq, at + 1, 'no hole that no gap told');
        at = message.seq;
      }
    }
    assert.equal(at, EVENTS);
  });

  it('§7 acks and events stay in order for a slow publisher', async (t) => {
    const room = unique('room');
    const slow = await stalled(t, room);
    const flooding = flood(room, 400);
    for (let i = 0; i < 20; i += 1) {
      slow.send({ type: 'message', room, id: `own-${i}` });
      await delay(15);
    }
    await flooding;
    slow.readOn();
    const own = () => slow.messages.filter((m) => m.type === 'ack');
    await slow.until('everything', () => own().length === 20 && events(slow).length > 0, 40_000);
    const highest = () => slow.messages.filter((m) => m.seq > 0 && (m.type === 'ack' || m.type === 'message'));
    await slow.until('the top', () => Math.max(...highest().map((m) => m.seq)) === 420, 20_000);
    let at = 0;
    let highestAck = 0;
    for (const message of highest()) {
      if (message.type === 'ack') {
        highestAck = Math.max(highestAck, message.seq);
        continue;
      }
      assert.ok(message.seq > at, `event ${message.seq} after ${at}`);
      assert.ok(message.seq > highestAck || own().some((ack) => ack.seq === message.seq), `ack ${highestAck} overtook event ${message.seq}`);
      at = message.seq;
    }
    assert.equal(new Set(highest().map((m) => m.seq)).size, 420, 'every position was told of');
  });

  it('§6 who takes nothing for 30 s is dropped (4003)', async (t) => {
    const room = unique('room');
    const slow = await stalled(t, room);
    const alive = setInterval(() => slow.write(frame(OPCODE.pong, '')), 2_000);
    t.after(() => clearInterval(alive));
    await flood(room, EVENTS);
    const from = Date.now();
    assert.equal((await gateway.userState(slow.user)).connections, 1);
    await until('the slow one to be dropped', async () => ((await gateway.userState(slow.user)).connections ?? 0) === 0, { ms: 50_000, every: 500 });
    const took = Date.now() - from;
    assert.ok(took > 20_000, `dropped after ${took} ms`);
    slow.readOn();
    await slow.until('the end', () => slow.closeCode ?? slow.ended, 20_000);
    if (slow.closeCode !== null) assert.equal(slow.closeCode, 4003);
  });

  it('§7 what waits for stopped readers is bounded', async (t) => {
    const room = unique('room');
    const slow = [];
    for (let i = 0; i < 20; i += 1) slow.push(await stalled(t, room));
    await flood(room, 300);
    const { readFileSync } = await import('node:fs');
    const status = readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8');
    const rss = Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
    assert.ok(rss < 600, `${rss.toFixed(0)} MB for 20 clients that do not read 12 MB each`);
    slow.forEach((raw) => raw.destroy());
    await until('all gone', async () => (await Promise.all(slow.map((s) => gateway.userState(s.user)))).every((s) => (s.connections ?? 0) === 0));
  });
});

suite('§7 an outbox smaller than one burst', {
  settings: { ...UNLIMITED, Limits: { ...UNLIMITED.Limits, OutboxEvents: 50, OutboxBytes: 262_144 } },
}, (gateway) => {
  it('§7 a burst of twice the bytes and more reaches a client that stopped for a moment, once and in order', async (t) => {
    const room = unique('room');
    const slow = await RawSocket.open(gateway.port, `/ws?room=${room}&history=0&user=slow`, { t });
    await slow.until('joined', () => slow.messages.some((m) => m.type === 'joined'));
    slow.stopReading();
    for (let burst = 0; burst < 6; burst += 1) await gateway.publishLines(room, Array.from({ length: 50 }, () => ({ type: 'message', pad: PAD })));
    slow.readOn();
    const seqs = () => slow.messages.filter((m) => m.type === 'message').map((m) => m.seq);
    await slow.until('the last event', () => seqs().at(-1) === 300, 15_000);
    assert.deepEqual(seqs(), Array.from({ length: 300 }, (_, i) => i + 1));
  });
});
