// PROTOCOL §2–§4, §7 between clients on different nodes: they are in one room, as if there were one node.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { GRACE_MS, clusterFor } from './harness/cluster.mjs';
import { clusterSuite } from './harness/cluster-suite.mjs';
import { redisFor, redisLack } from './harness/redis.mjs';
import { delay, unique } from './harness/waiting.mjs';

const seqs = (client, room) => client.frames.filter((f) => f.room === room && f.type === 'message').map((f) => f.seq);

clusterSuite('§3 rooms across nodes', {}, ([a, b, c]) => {
  async function pair(t) {
    const room = unique('room');
    const [ann, bob] = [unique('ann'), unique('bob')];
    return { room, ann: await a.connect(t, { user: ann, name: 'Ann', rooms: [room] }), bob: await b.connect(t, { user: bob, name: 'Bob', rooms: [room] }) };
  }

  it('§3 two nodes chat: the sender gets the ack, the other the event, byte for byte in value', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send(`{"type":"message","room":"${room}","id":"x-1","content":"hi ✓","big":12345678901234567890,"deep":{"a":[1,2.50,null]}}`);
    const ack = await ann.next('ack');
    const event = await bob.next('message');
    assert.equal(event.seq, ack.seq);
    assert.equal(event.epoch, ack.epoch);
    assert.equal(event.timestamp, ack.timestamp);
    assert.equal(event.senderId, ann.userId);
    assert.equal(event.senderName, 'Ann');
    assert.match(event.raw, /"big":12345678901234567890,"deep":\{"a":\[1,2\.50,null\]\}/);
    await bob.publish({ room, content: 'hello' });
    assert.equal((await ann.next('message')).content, 'hello');
    assert.equal(ann.all('message').length, 1, 'no own event');
  });

  it('§3 the order is the same for everyone, on three nodes', async (t) => {
    const room = unique('room');
    const clients = await Promise.all([a, b, c].map((node, i) => node.connect(t, { user: unique(`u${i}`), rooms: [room] })));
    const observers = await Promise.all([a, b, c].map((node, i) => node.connect(t, { user: unique(`o${i}`), rooms: [room] })));
    await Promise.all(clients.map(async (client) => { for (let n = 0; n < 30; n += 1) await client.publish({ room, n }); }));
    await Promise.all(observers.map((one) => one.until('all events', () => seqs(one, room).length === 90)));
    const orders = observers.map((one) => one.frames.filter((f) => f.type === 'message').map((f) => `${f.seq} ${f.id}`));
    assert.deepEqual(orders[1], orders[0]);
    assert.deepEqual(orders[2], orders[0]);
    assert.deepEqual(seqs(observers[0], room), Array.from({ length: 90 }, (_, i) => i + 1));
  });

  it('§3 the same id sent again on another node is not published again', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const [one, two] = [await a.connect(t, { user, rooms: [room] }), await b.connect(t, { user, rooms: [room] })];
    const first = await one.publish({ room, id: 'same', content: 'once' });
    const again = await two.publish({ room, id: 'same', content: 'twice' });
    assert.equal(again.duplicate, true);
    assert.deepEqual([again.seq, again.epoch], [first.seq, first.epoch]);
    const other = await c.connect(t, { user: unique('bob'), rooms: [room] });
    assert.equal((await other.publish({ room, id: 'same' })).seq, 2, 'ids are a user\'s own');
  });

  it('§3 the same id sent on two nodes at once is stored once', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const sockets = await Promise.all([a, b, c].map((node) => node.connect(t, { user, rooms: [room] })));
    for (let n = 0; n < 20; n += 1) {
      const acks = await Promise.all(sockets.map((socket) => socket.publish({ room, id: `same-${n}` })));
      assert.equal(new Set(acks.map((ack) => ack.seq)).size, 1);
      assert.equal(acks.filter((ack) => ack.duplicate).length, 2);
    }
    assert.equal((await b.allEvents(room)).length, 20);
  });

  it('§3 ephemeral events, and the user\'s own other connection', async (t) => {
    const { room, ann, bob } = await pair(t);
    const tab = await c.connect(t, { user: ann.userId, rooms: [room] });
    const ack = await ann.publish({ room, ephemeral: true, content: 'now' });
    assert.equal(ack.seq, undefined);
    for (const client of [bob, tab]) assert.equal((await client.next('message')).seq, undefined);
    await ann.publish({ room, content: 'kept' });
    for (const client of [bob, tab]) assert.equal((await client.next({ content: 'kept' })).seq, 1);
  });

  it('§3 typing and its ends', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send({ type: 'typing', room });
    const typing = await bob.next('typing');
    assert.deepEqual({ ...typing }, { type: 'typing', room, userId: ann.userId, name: 'Ann', isTyping: true });
    ann.send({ type: 'stop_typing', room });
    assert.equal((await bob.next('stop_typing')).isTyping, false);
    ann.send({ type: 'typing', room });
    await bob.next('typing');
    assert.equal((await bob.next('stop_typing', 9_000)).userId, ann.userId, 'ends by itself');
    await ann.never('typing', 100);
  });

  it('§3 receipts: a cursor that only goes forward, told to the members and to newcomers of any node', async (t) => {
    const { room, ann, bob } = await pair(t);
    for (let n = 0; n < 4; n += 1) await ann.publish({ room, n });
    await bob.until('the events', () => seqs(bob, room).length === 4);
    bob.send({ type: 'read', room, seq: 3 });
    const receipt = await ann.next({ type: 'receipt', status: 'read' });
    assert.deepEqual({ ...receipt }, { type: 'receipt', room, userId: bob.userId, status: 'read', seq: 3 });
    await delay(1_100);
    bob.send({ type: 'read', room, seq: 2 });
    await ann.never('receipt', 400);
    const newcomer = await c.connect(t, { user: unique('eve'), rooms: [room] });
    assert.deepEqual(newcomer.joined[room].receipts, [{ userId: bob.userId, status: 'read', seq: 3 }]);
  });

  it('§4 presence: one user_joined for a user with connections on three nodes, one user_left at the end', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const watcher = await a.connect(t, { user: unique('watch'), rooms: [room] });
    const tabs = [];
    for (const node of [a, b, c]) tabs.push(await node.connect(t, { user, name: 'Ann', rooms: [room] }));
    const joined = await watcher.next('user_joined');
    assert.deepEqual([joined.userId, joined.name, joined.count], [user, 'Ann', 2]);
    watcher.send({ type: 'presence', room });
    const presence = await watcher.next('presence');
    assert.equal(presence.users.find((one) => one.userId === user).devices, 3);
    await tabs[0].close();
    tabs[1].drop();
    await watcher.never('user_left', GRACE_MS + 1_500);
    const from = Date.now();
    tabs[2].drop();
    const left = await watcher.next('user_left', GRACE_MS + 6_000);
    assert.equal(left.reason, 'timeout');
    assert.ok(left.at - from >= GRACE_MS - 200 && left.at - from <= GRACE_MS + 3_000, `after ${left.at - from} ms`);
    assert.equal(watcher.all('user_joined').length, 1);
    assert.equal(watcher.all('user_left').length, 1);
  });

  it('§4 a leave is told at once on every node', async (t) => {
    const { room, ann, bob } = await pair(t);
    ann.send({ type: 'leave', room });
    await ann.next('left');
    assert.equal((await bob.next('user_left', 2_000)).reason, 'left');
  });

  it('§6 a session goes from node to node: no blink, nothing missed, nothing twice', async (t) => {
    const { room, ann, bob } = await pair(t);
    let current = ann;
    for (const node of [b, c, a, b]) {
      const last = current.frames.findLast((f) => f.room === room && f.type === 'message');
      const position = last ? { since: last.seq, epoch: last.epoch } : { since: 0, epoch: ann.joined[room].epoch };
      const missed = await bob.publish({ room, n: 'missed' });
      await current.until('it', () => seqs(current, room).includes(missed.seq));
      const next = await node.connect(t, { user: ann.userId });
      next.send({ type: 'resume', session: ann.session, rooms: { [room]: position } });
      assert.equal((await next.next({ type: 'welcome', resumed: true })).session, ann.session);
      assert.equal((await next.next({ type: 'joined', room })).recovered, true, next.transcript());
      assert.equal((await current.closing()).code, 4501);
      await next.next({ type: 'message', seq: missed.seq, replay: true });
      current = next;
    }
    await delay(GRACE_MS + 1_000);
    assert.deepEqual([...bob.all('user_left'), ...bob.all('user_joined').filter((f) => f.userId === ann.userId)], []);
  });

  it('§6 who was in an empty room, and has its epoch, misses nothing that is published before the resume', async (t) => {
    const { room, ann, bob } = await pair(t);
    const position = { since: 0, epoch: ann.joined[room].epoch };
    ann.drop();
    await bob.publish({ room, n: 1 });
    const back = await c.connect(t, { user: ann.userId });
    back.send({ type: 'resume', session: ann.session, rooms: { [room]: position } });
    assert.equal((await back.next({ type: 'joined', room })).recovered, true, back.transcript());
    assert.equal((await back.next('message')).seq, 1);
    assert.deepEqual(back.all('gap'), []);
  });

  it('§3 heads in pong know what was published on another node', async (t) => {
    const { room, ann, bob } = await pair(t);
    const { seq } = await bob.publish({ room });
    await ann.next('message');
    ann.send({ type: 'ping', t: 5 });
    assert.equal((await ann.next('pong')).heads[room], seq);
  });

  it('§3 history over a socket, from a node that never saw the room', async (t) => {
    const { room, ann } = await pair(t);
    for (let n = 0; n < 5; n += 1) await ann.publish({ room, n });
    const other = await c.connect(t, { user: unique('eve') });
    const history = await other.ask({ type: 'history', room, after: 2, limit: 2 });
    assert.deepEqual([history.events.map((e) => e.n), history.more], [[2, 3], true]);
  });
});

it('§10 a Redis that asks for a user and a password gets them, and no log shows the password', { skip: redisLack ?? false, timeout: 60_000 }, async (t) => {
  const redis = await redisFor(t, { user: 'gateway', password: 'a-password-of-tests' });
  const { nodes } = await clusterFor(t, { redis, nodes: 2 });
  const [ann, bob] = await Promise.all(nodes.map((node, i) => node.gateway.connect(t, { user: `u${i}`, rooms: ['r'] })));
  await ann.publish({ room: 'r', content: 'hi' });
  assert.equal((await bob.next('message')).content, 'hi');
  for (const node of nodes) assert.ok(!node.gateway.logText().includes(redis.password));
});
