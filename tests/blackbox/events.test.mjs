// PROTOCOL §3: events, acks, order, idempotency, and the commands of its table.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { UNLIMITED, gatewayFor, suite } from './harness/gateway.mjs';
import { token } from './harness/jwt.mjs';
import { unique } from './harness/waiting.mjs';

/** §3: events come in the order of their seq, and no ack comes before an event of its room with a lower one. */
function assertOrder(client, room) {
  const frames = client.frames.filter((f) => f.room === room && (f.type === 'message' || f.type === 'ack'));
  let lastEvent = 0;
  let highestAck = 0;
  for (const { type, seq } of frames) {
    if (type === 'ack') {
      highestAck = Math.max(highestAck, seq);
      continue;
    }
    assert.ok(seq > lastEvent, `event ${seq} after event ${lastEvent}`);
    assert.ok(seq > highestAck, `ack ${highestAck} overtook event ${seq}`);
    lastEvent = seq;
  }
  return frames.map((f) => f.seq).sort((a, b) => a - b);
}

const STAMPED = ['room', 'seq', 'epoch', 'senderId', 'senderName', 'timestamp', 'replay', 'skipped'];

suite('§3 events', {
  concurrency: 8,
  settings: {
    ...UNLIMITED,
    Limits: { ...UNLIMITED.Limits, RoomsPerConnection: 500 },
    Namespaces: { chat: { EphemeralTypes: ['cursor'] } },
  },
}, (gateway) => {
  async function pair(t, extra = {}) {
    const room = unique('room');
    const ann = await gateway.connect(t, { user: unique('ann'), name: 'Ann', rooms: [room], ...extra });
    const bob = await gateway.connect(t, { user: unique('bob'), name: 'Bob', rooms: [room] });
    return { room, ann, bob };
  }

  it('§3 an event is acked to its sender and relayed to others with the stamps', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send({ type: 'message', room, id: 'c-1', content: 'hi', anything: { you: 'like' } });
    const ack = await ann.next('ack');
    assert.equal(ack.id, 'c-1');
    assert.equal(ack.room, room);
    assert.equal(ack.seq, 1);
    assert.ok(ack.epoch);
    assert.match(ack.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(!('duplicate' in ack));
    const event = await bob.next('message');
    assert.deepEqual(JSON.parse(event.raw), {
      type: 'message', room, id: 'c-1', seq: 1, epoch: ack.epoch, senderId: ann.userId, senderName: 'Ann',
      timestamp: ack.timestamp, content: 'hi', anything: { you: 'like' },
    });
    await ann.never('message', 150);
  });

  it('§3 the user\'s other connections get the event', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const phone = await gateway.connect(t, { user, rooms: [room] });
    const laptop = await gateway.connect(t, { user, rooms: [room] });
    await phone.publish({ room, content: 'x' });
    assert.equal((await laptop.next('message')).senderId, user);
    await phone.never('message', 100);
  });

  it('§3 publishing needs no membership', async (t) => {
    const { room, bob } = await pair(t);
    const stranger = await gateway.connect(t, { user: unique('eve') });
    await stranger.publish({ room, content: 'x' });
    assert.equal((await bob.next('message')).senderId, stranger.userId);
    await stranger.never({ type: 'message', room }, 100);
  });

  it('§3 a frame without type is a message', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send({ room, id: 'x', content: 'plain' });
    assert.equal((await ann.next('ack')).id, 'x');
    assert.equal((await bob.next('message')).content, 'plain');
  });

  it('§3 any other type is relayed as it is', async (t) => {
    const { room, ann, bob } = await pair(t);
    for (const type of ['order.placed', 'Message', 'x', 'typing2', 'GW.x', 'chat message', '😀']) {
      ann.send({ type, room, n: type });
      assert.equal((await bob.next({ n: type })).type, type);
    }
  });

  it('§3 the stamped fields are never taken from a client', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send({
      type: 'message', room, content: 'x', seq: 999, epoch: 'mine', senderId: 'root', senderName: 'Root', timestamp: '1999-01-01T00:00:00Z',
      replay: true, skipped: 5,
    });
    const event = await bob.next('message');
    assert.equal(event.seq, 1);
    assert.equal(event.senderId, ann.userId);
    assert.equal(event.senderName, 'Ann');
    assert.notEqual(event.epoch, 'mine');
    assert.ok(Math.abs(Date.parse(event.timestamp) - Date.now()) < 10_000);
    assert.ok(!('replay' in event));
    assert.ok(!('skipped' in event));
    assert.equal(event.sentAt, '1999-01-01T00:00:00Z');
    for (const field of STAMPED) assert.equal(event.raw.split(`"${field}":`).length - 1 <= 1, true, `${field} appears twice`);
  });

  it('§3 a client\'s timestamp is kept as sentAt, whatever it is', async (t) => {
    const { room, ann, bob } = await pair(t);
    for (const timestamp of ['"2020-01-01"', '1700000000000', '1.10', 'null', '{"a":[1]}']) {
      ann.send(`{"type":"message","room":"${room}","timestamp":${timestamp}}`);
      assert.ok((await bob.next('message')).raw.includes(`"sentAt":${timestamp}`));
    }
  });

  it('§3 all other fields keep their bytes', async (t) => {
    const { room, ann, bob } = await pair(t);
    const values = [
      '1.10', '-0.0', '1E5', '1e-7', '123456789012345678901234567890123456789012345678901234567890',
      '0.1234567890123456789012345678901234567890', '"\\u0041\\/\\n\\u00e9"', '"é😀\\ud83d\\ude00"', '"\\u2028"', '"<script>&\'+"',
      '[1, 2 ,  3]', '{"b":1,"a":2,"nested":{"x":[true,false,null]}}', '""', '[]', '{}', 'true', 'null', '"\\u0000"',
    ];
    for (const value of values) {
      ann.send(`{"type":"message","room":"${room}","id":"v","v":${value}}`.replace('"v"', `"${unique('v')}"`));
      const event = await bob.next('message');
      assert.ok(event.raw.includes(`"v":${value}`), `${value} became ${event.raw}`);
    }
    const reader = await gateway.connect(t, { user: unique('eve'), rooms: [room] });
    await reader.until('the replay', () => reader.all('message').length === values.length);
    reader.all('message').forEach((event, i) => assert.ok(event.raw.includes(`"v":${values[i]}`), `${values[i]} became ${event.raw}`));
    const history = await reader.ask({ type: 'history', room });
    values.forEach((value) => assert.ok(history.raw.includes(`"v":${value}`), `${value} is not in the history as sent`));
  });

  it('§3 field names keep their bytes, and odd ones do no harm', async (t) => {
    const { room, ann, bob } = await pair(t);
    const names = ['__proto__', 'constructor', 'ключ', '', ' ', 'a.b', '$ref', 'Seq', 'SENDERID'];
    ann.send(`{"type":"message","room":"${room}",${names.map((n, i) => `${JSON.stringify(n)}:${i}`).join(',')}}`);
    const event = await bob.next('message');
    names.forEach((name, i) => assert.ok(event.raw.includes(`${JSON.stringify(name)}:${i}`), name));
  });

  it('§3 a stamped name that hides behind an escape is stamped too', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send(`{"type":"message","room":"${room}","sender\\u0049d":"root","\\u0073eq":77,"content":"x"}`);
    const event = await bob.next('message');
    assert.equal(event.senderId, ann.userId);
    assert.equal(event.seq, 1);
    assert.ok(!event.raw.includes('root'));
  });

  it('§3 an event without id gets one from the server, and no ack', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send({ type: 'message', room, content: 'a' });
    ann.send({ type: 'message', room, content: 'b' });
    const [a, b] = [await bob.next('message'), await bob.next('message')];
    assert.equal(typeof a.id, 'string');
    assert.ok(a.id.length > 0 && a.id !== b.id);
    await ann.never('ack', 150);
  });

  for (const id of [5, '', 'x'.repeat(129), null, {}, true]) {
    it(`§3 bad_frame for the id ${JSON.stringify(id).slice(0, 20)}`, async (t) => {
      const { room, ann, bob } = await pair(t);
      ann.send({ type: 'message', room, id, content: 'x' });
      const error = await ann.next('error');
      assert.equal(error.code, 'bad_frame');
      assert.equal(error.field, 'id');
      await bob.never('message', 100);
    });
  }

  it('§3 an id of 128 characters, also beyond ASCII', async (t) => {
    const { room, ann } = await pair(t);
    for (const id of ['x'.repeat(128), 'ü'.repeat(128), '"\\\n\u0001']) assert.equal((await ann.publish({ room, id })).id, id);
  });

  it('§3 seq counts from 1 without a gap, everyone sees the same order', async (t) => {
    const room = unique('room');
    const clients = [];
    for (let i = 0; i < 4; i += 1) clients.push(await gateway.connect(t, { user: unique('u'), rooms: [room] }));
    const each = 50;
    for (let n = 0; n < each; n += 1) clients.forEach((client, i) => client.send({ type: 'message', room, id: `${i}-${n}`, by: i, n }));
    const positions = (client) => client.frames.filter((f) => (f.type === 'message' || f.type === 'ack') && f.room === room);
    for (const client of clients) await client.until('all events', () => positions(client).length === 4 * each);
    for (const client of clients) assert.deepEqual(assertOrder(client, room), Array.from({ length: 4 * each }, (_, i) => i + 1));
    const places = clients.map((client) => positions(client).map((f) => `${f.seq} ${f.id}`).sort().join());
    assert.equal(new Set(places).size, 1, 'everyone was told the same places');
    for (let by = 0; by < 4; by += 1) {
      const sent = clients[(by + 1) % 4].all('message').filter((m) => m.by === by).map((m) => m.n);
      assert.deepEqual(sent, Array.from({ length: each }, (_, n) => n), 'each sender in the order sent');
    }
  });

  it('§3 the same id of the same user in the same room is stored once', async (t) => {
    const { room, ann, bob } = await pair(t);
    const first = await ann.publish({ room, id: 'dup', content: 'one' });
    ann.send({ type: 'message', room, id: 'dup', content: 'changed' });
    const second = await ann.next('ack');
    assert.equal(second.duplicate, true);
    assert.equal(second.seq, first.seq);
    assert.equal(second.epoch, first.epoch);
    await bob.next('message');
    await bob.never('message', 150);
    assert.equal((await gateway.allEvents(room)).length, 1);
  });

  it('§3 ids are kept apart by user and by room', async (t) => {
    const { room, ann, bob } = await pair(t);
    const other = unique('room');
    await ann.publish({ room, id: 'same', content: 'a' });
    ann.taken.clear();
    assert.ok(!('duplicate' in await bob.publish({ room, id: 'same', content: 'b' })));
    const third = await gateway.connect(t, { user: ann.userId });
    assert.equal((await third.publish({ room: other, id: 'same', content: 'c' })).seq, 1);
  });

  it('§3 an id is known across the connections of a user', async (t) => {
    const { room, ann } = await pair(t);
    const first = await ann.publish({ room, id: 'dup', content: 'one' });
    const again = await gateway.connect(t, { user: ann.userId });
    const ack = await again.publish({ room, id: 'dup', content: 'two' });
    assert.equal(ack.duplicate, true);
    assert.equal(ack.seq, first.seq);
  });

  it('§3 the same id twice in one frame array', async (t) => {
    const { room, ann } = await pair(t);
    ann.send([{ room, id: 'd', n: 1 }, { room, id: 'd', n: 2 }]);
    const acks = [await ann.next('ack'), await ann.next('ack')];
    assert.deepEqual(acks.map((a) => [a.seq, a.duplicate]), [[1, undefined], [1, true]]);
  });

  it('§3 an id is known across kill -9 and a restart', async (t) => {
    const own = await gatewayFor(t, { settings: UNLIMITED });
    const user = unique('ann');
    const before = await own.connect(t, { user, rooms: ['r'] });
    const first = await before.publish({ room: 'r', id: 'dup', content: 'one' });
    await own.restart();
    const after = await own.connect(t, { user, rooms: ['r'] });
    const ack = await after.publish({ room: 'r', id: 'dup', content: 'two' });
    assert.equal(ack.duplicate, true);
    assert.equal(ack.seq, first.seq);
    assert.equal((await after.publish({ room: 'r', id: 'new', content: 'x' })).seq, first.seq + 1, 'the count goes on');
    assert.equal((await own.allEvents('r')).length, 2);
  });

  // -- arrays -----------------------------------------------------------------------------------------------------------

  it('§1 an array is handled in order, each with its own answer', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send([
      { type: 'message', room, id: 'a', n: 1 }, { type: 'ping', t: 5 }, 17, { type: 'message', room, id: 'b', n: 2 }, { type: 'join', room: 'a b', id: 'j' },
      'text', null, [1], { type: 'message', room, id: 'c', n: 3 },
    ]);
    await ann.until('the acks', () => ann.all('ack').length === 3);
    assert.deepEqual(ann.all('ack').map((a) => [a.id, a.seq]), [['a', 1], ['b', 2], ['c', 3]]);
    assert.equal((await ann.next('pong')).t, 5);
    await ann.until('the errors', () => ann.all('error').length === 5);
    assert.deepEqual(ann.all('error').map((e) => e.code).sort(), ['bad_frame', 'bad_frame', 'bad_frame', 'bad_frame', 'bad_room']);
    await bob.until('three events', () => bob.all('message').length === 3);
    assert.deepEqual(bob.all('message').map((m) => m.n), [1, 2, 3]);
  });

  it('§1 the server always sends one object a frame', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send(Array.from({ length: 300 }, (_, n) => ({ type: 'message', room, id: `n${n}`, n })));
    await bob.until('all', () => bob.all('message').length === 300);
    await ann.until('all acks', () => ann.all('ack').length === 300);
    for (const client of [ann, bob]) assert.ok(client.frames.every((f) => !Array.isArray(f) && typeof f === 'object'));
  });

  it('§1 1,000 objects are taken, none or 1,001 are bad_frame', async (t) => {
    const { room, ann } = await pair(t);
    const many = (count) => Array.from({ length: count }, (_, n) => ({ room, n }));
    ann.send(many(1000));
    ann.send({ type: 'message', room, id: 'last' });
    assert.equal((await ann.next({ type: 'ack', id: 'last' })).seq, 1001);
    ann.send(many(1001));
    assert.equal((await ann.next('error')).code, 'bad_frame');
    ann.send([]);
    assert.equal((await ann.next('error')).code, 'bad_frame');
    assert.equal((await ann.publish({ room })).seq, 1002);
  });

  // -- ephemeral, binary, reserved ---------------------------------------------------------------------------------------

  it('§3 an ephemeral event is relayed and not stored', async (t) => {
    const { room, ann, bob } = await pair(t);
    const ack = await ann.publish({ room, ephemeral: true, content: 'now', id: 'e' });
    assert.ok(!('seq' in ack), ack.raw);
    const event = await bob.next('message');
    assert.equal(event.content, 'now');
    assert.equal(event.senderId, ann.userId);
    assert.ok(!('seq' in event));
    assert.equal((await ann.publish({ room, content: 'stored' })).seq, 1);
    assert.equal((await gateway.allEvents(room)).length, 1);
  });

  it('§3 a type of EphemeralTypes is ephemeral', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send({ type: 'cursor', room, x: 5 });
    assert.ok(!('seq' in await bob.next('cursor')));
    assert.equal((await ann.publish({ room })).seq, 1);
  });

  it('§3 a binary frame is unsupported and the connection stays', async (t) => {
    const { room, ann } = await pair(t);
    ann.socket.send(Buffer.from([1, 2, 3]), { binary: true });
    assert.equal((await ann.next('error')).code, 'unsupported');
    assert.equal((await ann.publish({ room })).seq, 1);
  });

  const serverTypes = ['welcome', 'joined', 'left', 'ack', 'error', 'gap', 'lagging', 'degraded', 'restored', 'snapshot', 'presence_digest', 'user_joined',
    'user_left', 'receipt', 'token_expiring', 'reconnect', 'gw.', 'gw.anything'];
  for (const type of serverTypes) {
    it(`§3 reserved_type: ${type}`, async (t) => {
      const { room, ann, bob } = await pair(t);
      assert.equal((await ann.ask({ type, room })).code, 'reserved_type');
      await bob.never(type, 50);
    });
  }

  it('§3 pong from a client is no event', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send({ type: 'pong', room });
    await ann.publish({ room, content: 'after' });
    await bob.next('message');
    assert.deepEqual(bob.all('pong').map((f) => f.raw), []);
    assert.equal(ann.closed, null);
  });

  for (const type of [5, null, {}, true]) {
    it(`§5 a type that is ${JSON.stringify(type)} is bad_frame`, async (t) => {
      const { room, ann } = await pair(t);
      const error = await ann.ask({ type, room, content: 'x' });
      assert.equal(error.code, 'bad_frame', error.raw);
      assert.equal(error.field, 'type');
    });
  }

  it('§5 ephemeral that is no truth value is bad_frame', async (t) => {
    const { room, ann } = await pair(t);
    const error = await ann.ask({ type: 'message', room, ephemeral: 'yes' });
    assert.equal(error.code, 'bad_frame');
    assert.equal(error.field, 'ephemeral');
  });

  // -- ping, history, presence ------------------------------------------------------------------------------------------

  it('§3 ping is answered by pong with t, time and heads', async (t) => {
    const { room, ann, bob } = await pair(t);
    await bob.publish({ room });
    await bob.publish({ room });
    await ann.until('the events', () => ann.all('message').length === 2);
    for (const value of ['1', '"a"', '1.10', '{"x":[1]}', 'null']) {
      ann.send(`{"type":"ping","t":${value}}`);
      const pong = await ann.next('pong');
      assert.ok(pong.raw.includes(`"t":${value}`), pong.raw);
      assert.equal(pong.heads[room], 2);
      assert.ok(Math.abs(Date.parse(pong.time) - Date.now()) < 10_000);
    }
    assert.equal((await ann.ask({ type: 'ping' })).type, 'pong');
  });

  it('§3 heads has joined stored rooms only, at most 64', async (t) => {
    const ann = await gateway.connect(t, { user: unique('ann'), rooms: [unique('r')] });
    const left = unique('left');
    await ann.ask({ type: 'join', room: left });
    await ann.ask({ type: 'leave', room: left });
    const few = await ann.ask({ type: 'ping' });
    assert.ok(!(left in few.heads));
    ann.send(Array.from({ length: 80 }, () => ({ type: 'join', room: unique('h') })));
    await ann.until('80 joined', () => ann.all('joined').length >= 82);
    const heads = Object.keys((await ann.ask({ type: 'ping' })).heads);
    assert.ok(heads.length <= 64 && heads.length > 0, `${heads.length}`);
  });

  it('§3 history pages forwards and backwards, ascending', async (t) => {
    const { room, ann } = await pair(t);
    await gateway.publishLines(room, Array.from({ length: 100 }, (_, i) => ({ type: 'message', n: i + 1 })));
    const seqs = (answer) => answer.events.map((e) => e.seq);
    const range = (a, b) => Array.from({ length: b - a + 1 }, (_, i) => a + i);
    const before = await ann.ask({ type: 'history', room, before: 58, limit: 10 });
    assert.deepEqual(seqs(before), range(48, 57));
    assert.equal(before.more, true);
    const after = await ann.ask({ type: 'history', room, after: 12, limit: 10 });
    assert.deepEqual(seqs(after), range(13, 22));
    assert.equal(after.more, true);
    const first = await ann.ask({ type: 'history', room, before: 5, limit: 10 });
    assert.deepEqual(seqs(first), range(1, 4));
    assert.equal(first.more, false);
    const last = await ann.ask({ type: 'history', room, after: 95, limit: 500 });
    assert.deepEqual(seqs(last), range(96, 100));
    assert.equal(last.more, false);
    const exact = await ann.ask({ type: 'history', room, after: 90, limit: 10 });
    assert.equal(exact.more, false);
    const newest = await ann.ask({ type: 'history', room, limit: 3 });
    assert.deepEqual(seqs(newest), range(98, 100));
    assert.deepEqual(seqs(await ann.ask({ type: 'history', room, after: 1000 })), []);
    assert.equal(before.room, room);
    const event = before.events[0];
    for (const field of ['type', 'room', 'id', 'seq', 'epoch', 'senderId', 'senderName', 'timestamp', 'n']) assert.ok(field in event, field);
  });

  it('§3 a history frame holds at most 256 KB', async (t) => {
    const { room, ann } = await pair(t);
    await gateway.publishLines(room, Array.from({ length: 40 }, (_, i) => ({ type: 'message', n: i, pad: 'x'.repeat(20_000) })));
    const seen = [];
    for (let after = 0, more = true; more;) {
      const page = await ann.ask({ type: 'history', room, after, limit: 500 });
      assert.ok(page.raw.length <= 256 * 1024, `${page.raw.length}`);
      seen.push(...page.events.map((e) => e.seq));
      after = seen.at(-1);
      more = page.more;
    }
    assert.deepEqual(seen, Array.from({ length: 40 }, (_, i) => i + 1));
    const back = await ann.ask({ type: 'history', room, limit: 500 });
    assert.ok(back.raw.length <= 256 * 1024);
    assert.equal(back.more, true);
    assert.equal(back.events.at(-1).seq, 40, 'without bounds the newest are given');
  });

  for (const wrong of [{ limit: 0 }, { limit: 501 }, { limit: 'x' }, { before: -1 }, { before: 'x' }, { after: 1.5 }]) {
    it(`§5 bad_frame for history with ${JSON.stringify(wrong)}`, async (t) => {
      const { room, ann } = await pair(t);
      const error = await ann.ask({ type: 'history', room, ...wrong });
      assert.equal(error.code, 'bad_frame', error.raw);
      assert.equal(error.field, Object.keys(wrong)[0]);
    });
  }

  it('§3 history needs no membership, only the right', async (t) => {
    const { room, ann } = await pair(t);
    await ann.publish({ room });
    const stranger = await gateway.connect(t, { user: unique('eve') });
    assert.equal((await stranger.ask({ type: 'history', room })).events.length, 1);
  });

  it('§3 presence says who is there', async (t) => {
    const { room, ann, bob } = await pair(t);
    const answer = await ann.ask({ type: 'presence', room });
    assert.equal(answer.type, 'presence');
    assert.equal(answer.room, room);
    assert.equal(answer.count, 2);
    assert.deepEqual(answer.users.map((u) => u.userId).sort(), [ann.userId, bob.userId].sort());
  });

  it('§3 an ack never overtakes an event of its room with a lower seq', async (t) => {
    const { room, ann, bob } = await pair(t);
    const rounds = 150;
    for (let n = 0; n < rounds; n += 1) {
      bob.send({ type: 'message', room, n });
      ann.send({ type: 'message', room, id: `m${n}` });
    }
    await ann.until('all', () => ann.frames.filter((f) => f.room === room && f.seq > 0 && f.type !== 'joined').length === 2 * rounds);
    assert.deepEqual(assertOrder(ann, room), Array.from({ length: 2 * rounds }, (_, i) => i + 1));
  });

  it('§3 senderName is the token\'s name at the time', async (t) => {
    const { room, ann, bob } = await pair(t);
    await ann.ask({ type: 'auth', token: token({ sub: ann.userId, name: 'Ann' }) });
    await ann.publish({ room });
    assert.equal((await bob.next('message')).senderName, 'Ann');
  });
});
