// PROTOCOL §4 and the signals of §3: who is there, who types, who has read.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { UNLIMITED, suite } from './harness/gateway.mjs';
import { delay, unique } from './harness/waiting.mjs';

const GRACE_MS = 1_200;

suite('§4 presence', { concurrency: 10, settings: { ...UNLIMITED, Presence: { GraceMs: GRACE_MS } } }, (gateway) => {
  async function watched(t) {
    const room = unique('room');
    const watcher = await gateway.connect(t, { user: unique('watch'), rooms: [room] });
    return { room, watcher };
  }

  it('§1 graceMs in welcome is Presence:GraceMs', async (t) => {
    assert.equal((await gateway.connect(t, { user: unique('ann') })).welcome.graceMs, GRACE_MS);
  });

  it('§4 user_joined has its fields and goes to others only', async (t) => {
    const { room, watcher } = await watched(t);
    const ann = await gateway.connect(t, { user: unique('ann'), name: 'Ann', rooms: [room] });
    const joined = await watcher.next('user_joined');
    assert.deepEqual({ ...joined, timestamp: 0 }, { type: 'user_joined', room, userId: ann.userId, name: 'Ann', timestamp: 0, count: 2 });
    assert.match(joined.timestamp, /^\d{4}-\d\d-\d\dT/);
    await ann.never('user_joined', 150);
    assert.equal(watcher.all({ type: 'user_joined', userId: watcher.userId }).length, 0);
  });

  it('§4 a second tab causes nothing, and the first one gone neither', async (t) => {
    const { room, watcher } = await watched(t);
    const user = unique('ann');
    const one = await gateway.connect(t, { user, rooms: [room] });
    await watcher.next('user_joined');
    const two = await gateway.connect(t, { user, rooms: [room] });
    await two.never('user_joined', 100);
    one.drop();
    await delay(GRACE_MS + 600);
    assert.equal(watcher.all('user_joined').length, 1);
    assert.equal(watcher.all('user_left').length, 0);
    await two.close();
    const left = await watcher.next('user_left');
    assert.equal(left.userId, user);
    await watcher.never('user_left', 300);
  });

  for (const [how, end] of Object.entries({
    'dropped without a word': (c) => c.drop(),
    'closed with 1000': (c) => c.close(1000),
    'closed with 1001': (c) => c.close(1001),
    'closed with 4321': (c) => c.close(4321),
  })) {
    it(`§4 user_left with timeout after the grace period: ${how}`, async (t) => {
      const { room, watcher } = await watched(t);
      const ann = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
      await watcher.next('user_joined');
      const from = Date.now();
      await end(ann);
      const left = await watcher.next('user_left');
      const took = left.at - from;
      assert.deepEqual({ ...left, timestamp: 0 }, { type: 'user_left', room, userId: ann.userId, timestamp: 0, count: 1, reason: 'timeout' });
      assert.ok(took >= GRACE_MS - 100 && took < GRACE_MS + 2_500, `after ${took} ms`);
    });
  }

  it('§4 a user who is back within the grace period causes neither', async (t) => {
    const { room, watcher } = await watched(t);
    const user = unique('ann');
    for (let i = 0; i < 3; i += 1) {
      const ann = await gateway.connect(t, { user, rooms: [room] });
      await delay(200);
      ann.drop();
      await delay(GRACE_MS / 3);
    }
    const last = await gateway.connect(t, { user, rooms: [room] });
    await delay(GRACE_MS + 800);
    assert.equal(watcher.all('user_joined').length, 1);
    assert.equal(watcher.all('user_left').length, 0);
    assert.ok(last.open);
  });

  it('§4 who is in the grace period still counts', async (t) => {
    const { room, watcher } = await watched(t);
    const ann = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    await watcher.next('user_joined');
    await ann.close();
    assert.equal((await watcher.ask({ type: 'presence', room })).count, 2);
    await watcher.next('user_left');
    assert.equal((await watcher.ask({ type: 'presence', room })).count, 1);
  });

  it('§4 leave is announced at once with the reason left', async (t) => {
    const { room, watcher } = await watched(t);
    const ann = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    await watcher.next('user_joined');
    const from = Date.now();
    await ann.ask({ type: 'leave', room });
    const left = await watcher.next('user_left');
    assert.equal(left.reason, 'left');
    assert.equal(left.count, 1);
    assert.ok(left.at - from < GRACE_MS - 200, `after ${left.at - from} ms`);
    await ann.drop();
    await watcher.never('user_left', GRACE_MS + 400);
  });

  it('§4 leaving on one of two connections announces nothing', async (t) => {
    const { room, watcher } = await watched(t);
    const user = unique('ann');
    const one = await gateway.connect(t, { user, rooms: [room] });
    const two = await gateway.connect(t, { user, rooms: [room] });
    await one.ask({ type: 'leave', room });
    await watcher.never('user_left', 300);
    await two.ask({ type: 'leave', room });
    await watcher.next('user_left');
  });

  it('§4 a kick is announced at once with the reason kicked, and told as left', async (t) => {
    const { room, watcher } = await watched(t);
    const ann = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    const answer = await gateway.api('DELETE', `/v1/rooms/${room}/members/${ann.userId}`);
    assert.ok(answer.status === 200 || answer.status === 204, answer.text);
    assert.equal((await ann.next('left')).room, room);
    assert.equal((await watcher.next('user_left')).reason, 'kicked');
    assert.ok(ann.open);
  });

  it('§4 members without the right presence hear neither', async (t) => {
    const { room, watcher } = await watched(t);
    const blind = await gateway.connect(t, { user: unique('blind'), claims: { rooms: { [room]: ['join'] } }, rooms: [room] });
    await watcher.next({ type: 'user_joined', userId: blind.userId });
    const ann = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    await watcher.next({ type: 'user_joined', userId: ann.userId });
    await ann.ask({ type: 'leave', room });
    await watcher.next('user_left');
    await blind.never('user_left', 100);
    assert.equal(blind.all('user_joined').length, 0);
  });

  it('§4 a fast resume is not seen', async (t) => {
    const { room, watcher } = await watched(t);
    const user = unique('ann');
    const ann = await gateway.connect(t, { user, rooms: [room] });
    await watcher.next('user_joined');
    ann.drop();
    await delay(200);
    const back = await gateway.connect(t, { user, query: { session: ann.session } });
    assert.equal(back.welcome.resumed, true);
    await delay(GRACE_MS + 600);
    assert.equal(watcher.all('user_left').length, 0);
    assert.equal(watcher.all('user_joined').length, 1);
  });

  // -- typing -----------------------------------------------------------------------------------------------------------

  async function talking(t) {
    const room = unique('room');
    const ann = await gateway.connect(t, { user: unique('ann'), name: 'Ann', rooms: [room] });
    const bob = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    return { room, ann, bob };
  }

  it('§3 typing is relayed to others with its fields', async (t) => {
    const { room, ann, bob } = await talking(t);
    ann.send({ type: 'typing', room });
    assert.deepEqual(JSON.parse((await bob.next('typing')).raw), { type: 'typing', room, userId: ann.userId, name: 'Ann', isTyping: true });
    await ann.never('typing', 100);
  });

  it('§3 typing is sent at most every 2 s', async (t) => {
    const { room, ann, bob } = await talking(t);
    const timer = setInterval(() => ann.send({ type: 'typing', room }), 150);
    t.after(() => clearInterval(timer));
    await delay(3_500);
    const starts = bob.all('typing');
    assert.ok(starts.length === 2, `${starts.length} in 3.5 s`);
    assert.ok(starts[1].at - starts[0].at >= 1_800);
    assert.equal(bob.all('stop_typing').length, 0);
  });

  it('§3 stop_typing ends it and resets the damping', async (t) => {
    const { room, ann, bob } = await talking(t);
    for (let i = 0; i < 3; i += 1) {
      ann.send({ type: 'typing', room });
      await bob.next('typing');
      ann.send({ type: 'stop_typing', room });
      assert.deepEqual(JSON.parse((await bob.next('stop_typing')).raw), {
        type: 'stop_typing', room, userId: ann.userId, name: 'Ann', isTyping: false,
      });
    }
  });

  it('§3 where the start carried isTyping, so does the end', async (t) => {
    const { room, ann, bob } = await talking(t);
    ann.send({ type: 'typing', room, isTyping: true });
    assert.equal((await bob.next('typing')).isTyping, true);
    ann.send({ type: 'typing', room, isTyping: false });
    const end = await bob.next('typing');
    assert.equal(end.isTyping, false);
    assert.equal(bob.all('stop_typing').length, 0);
  });

  it('§3 isTyping false ends a typing that began without it, as stop_typing', async (t) => {
    const { room, ann, bob } = await talking(t);
    ann.send({ type: 'typing', room });
    await bob.next('typing');
    ann.send({ type: 'typing', room, isTyping: false });
    assert.equal((await bob.next('stop_typing')).isTyping, false);
  });

  it('§3 the server ends it 5 s after the last one', async (t) => {
    const { room, ann, bob } = await talking(t);
    ann.send({ type: 'typing', room });
    const start = await bob.next('typing');
    await delay(1_500);
    const last = Date.now();
    ann.send({ type: 'typing', room });
    const stop = await bob.next('stop_typing');
    const took = stop.at - last;
    assert.ok(took > 4_500 && took < 7_500, `${took} ms after the last, ${stop.at - start.at} after the first`);
    await bob.never('stop_typing', 300);
  });

  it('§3 an event of the user ends it', async (t) => {
    const { room, ann, bob } = await talking(t);
    ann.send({ type: 'typing', room });
    await bob.next('typing');
    await ann.publish({ room, content: 'x' });
    await bob.next('stop_typing', 2_000);
    await bob.next('message');
  });

  it('§3 the user\'s last connection going ends it', async (t) => {
    const { room, ann, bob } = await talking(t);
    ann.send({ type: 'typing', room, isTyping: true });
    await bob.next('typing');
    ann.drop();
    assert.equal((await bob.next('typing', 4_000)).isTyping, false);
  });

  it('§3 the field that named the room is repeated beside room', async (t) => {
    const number = 700_000 + Math.floor(Math.random() * 90_000);
    const room = String(number);
    const ann = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    const bob = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    ann.send({ type: 'typing', chatId: number, isTyping: true });
    const start = await bob.next('typing');
    assert.equal(start.room, room);
    assert.equal(start.chatId, number);
    ann.send({ type: 'typing', chatId: number, isTyping: false });
    assert.equal((await bob.next('typing')).chatId, number);
  });

  it('§3 a stop without a start says nothing', async (t) => {
    const { room, ann, bob } = await talking(t);
    ann.send({ type: 'stop_typing', room });
    await bob.never('stop_typing', 250);
  });

  it('§3 typing needs membership and the right publish', async (t) => {
    const { room, bob } = await talking(t);
    const stranger = await gateway.connect(t, { user: unique('eve') });
    assert.equal((await stranger.ask({ type: 'typing', room })).code, 'not_joined');
    assert.equal((await stranger.ask({ type: 'stop_typing', room })).code, 'not_joined');
    const reader = await gateway.connect(t, { user: unique('reader'), claims: { rooms: { [room]: ['join'] } }, rooms: [room] });
    assert.equal((await reader.ask({ type: 'typing', room })).code, 'forbidden');
    await bob.never('typing', 100);
  });

  it('§5 isTyping that is no truth value is bad_frame', async (t) => {
    const { room, ann } = await talking(t);
    const error = await ann.ask({ type: 'typing', room, isTyping: 'yes' });
    assert.equal(error.code, 'bad_frame');
    assert.equal(error.field, 'isTyping');
  });

  // -- receipts ---------------------------------------------------------------------------------------------------------

  it('§3 receipts move forward, are clipped to the top, and are kept for newcomers', async (t) => {
    const { room, ann, bob } = await talking(t);
    await gateway.publishLines(room, Array.from({ length: 10 }, () => ({ type: 'message' })));
    bob.send({ type: 'read', room, seq: 4 });
    assert.deepEqual(JSON.parse((await ann.next('receipt')).raw), { type: 'receipt', room, userId: bob.userId, status: 'read', seq: 4 });
    await delay(1_100);
    bob.send({ type: 'read', room, seq: 2 });
    await ann.never('receipt', 300);
    await delay(800);
    bob.send({ type: 'read', room, seq: 500 });
    assert.equal((await ann.next('receipt')).seq, 10);
    bob.send({ type: 'delivered', room, seq: 9 });
    assert.deepEqual(((r) => [r.status, r.seq])(await ann.next('receipt')), ['delivered', 9]);
    const eve = await gateway.connect(t, { user: unique('eve'), rooms: [room] });
    const cursors = eve.joined[room].receipts.filter((r) => r.userId === bob.userId).map((r) => `${r.status} ${r.seq}`).sort();
    assert.deepEqual(cursors, ['delivered 9', 'read 10']);
  });

  it('§3 at most one receipt a second a user, room and status, and the last position comes', async (t) => {
    const { room, ann, bob } = await talking(t);
    await gateway.publishLines(room, Array.from({ length: 30 }, () => ({ type: 'message' })));
    for (let seq = 1; seq <= 30; seq += 1) bob.send({ type: 'read', room, seq });
    await ann.until('the last position', () => ann.all('receipt').at(-1)?.seq === 30);
    const receipts = ann.all('receipt');
    assert.ok(receipts.length <= 2, `${receipts.length} receipts`);
  });

  it('§3 receipts need membership, and a position', async (t) => {
    const { room, ann } = await talking(t);
    const stranger = await gateway.connect(t, { user: unique('eve') });
    assert.equal((await stranger.ask({ type: 'read', room, seq: 1 })).code, 'not_joined');
    for (const seq of [-1, 'x', 1.5, undefined]) {
      const error = await ann.ask({ type: 'delivered', room, seq });
      assert.equal(error.code, 'bad_frame', error.raw);
      assert.equal(error.field, 'seq');
    }
  });
});

suite('§4 above the PresenceLimit', {
  concurrency: 4, settings: { ...UNLIMITED, Presence: { GraceMs: 400 }, Namespaces: { chat: { PresenceLimit: 5 } } },
}, (gateway) => {
  it('§4 a digest at most once a second in place of user_joined and user_left; no typing, no receipts', async (t) => {
    const room = unique('room');
    const watcher = await gateway.connect(t, { user: unique('watch'), rooms: [room] });
    const crowd = [];
    for (let i = 0; i < 8; i += 1) crowd.push(await gateway.connect(t, { user: unique('u'), rooms: [room] }));
    await watcher.until('a digest', () => watcher.all('presence_digest').length > 0);
    const seen = watcher.all('user_joined').length;
    assert.ok(seen <= 5, `${seen} announced one by one`);
    const late = [];
    for (let i = 0; i < 6; i += 1) late.push(await gateway.connect(t, { user: unique('l'), rooms: [room] }));
    await watcher.until('all counted', () => watcher.all('presence_digest').at(-1).count === 15);
    late.slice(0, 4).forEach((c) => c.drop());
    await watcher.until('the gone counted', () => watcher.all('presence_digest').at(-1).count === 11);
    const digests = watcher.all('presence_digest');
    for (const [i, digest] of digests.entries()) {
      assert.equal(digest.room, room);
      for (const field of ['count', 'joined', 'left']) assert.equal(typeof digest[field], 'number');
      if (i > 0) assert.ok(digest.at - digests[i - 1].at > 850, 'at most one a second');
    }
    assert.equal(watcher.all('user_left').length, 0);
    assert.equal(digests.reduce((sum, d) => sum + d.joined, 0) + seen, 14);
    assert.equal(digests.reduce((sum, d) => sum + d.left, 0), 4);
    crowd[0].send({ type: 'typing', room });
    await crowd[0].publish({ room });
    crowd[0].send({ type: 'read', room, seq: 1 });
    await watcher.next('message');
    await watcher.never((f) => ['typing', 'stop_typing', 'receipt'].includes(f.type), 300);
  });
});
