// PROTOCOL §9 on a cluster: a backend asks any node, and every node does it.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { GRACE_MS } from './harness/cluster.mjs';
import { clusterSuite } from './harness/cluster-suite.mjs';
import { unique, until } from './harness/waiting.mjs';

clusterSuite('§9 backends on a cluster', {}, ([a, b, c], cluster) => {
  it('§9 disconnect on one node closes the connections of all, ends the sessions and is seen as a kick', async (t) => {
    const [user, room] = [unique('ann'), unique('room')];
    const watcher = await c.connect(t, { user: unique('bob'), rooms: [room] });
    const sockets = await Promise.all([a, b, c].map((node) => node.connect(t, { user, rooms: [room] })));
    assert.ok((await a.api('POST', `/v1/users/${user}/disconnect`)).status < 300);
    for (const socket of sockets) assert.equal((await socket.closing()).code, 4500);
    assert.equal((await watcher.next('user_left')).reason, 'kicked');
    assert.equal((await b.connect(t, { user, query: { session: sockets[0].session } })).welcome.resumed, false);
    assert.equal(watcher.all('user_left').length, 1);
  });

  it('§9 disconnect with forMs refuses the user on every node, for that long', async (t) => {
    const user = unique('ann');
    const socket = await b.connect(t, { user });
    await a.api('POST', `/v1/users/${user}/disconnect`, { forMs: 2_500 });
    assert.equal((await socket.closing()).code, 4500);
    for (const node of [a, b, c]) assert.equal((await node.refused({ user })).status, 403);
    await until('the user to be let in again', () => c.connect(t, { user }).then(() => true, () => false), { every: 150 });
  });

  it('§9 a user\'s own room and state reach over all nodes', async (t) => {
    const user = unique('ann');
    const room = unique('room');
    const sockets = await Promise.all([a, b].map((node) => node.connect(t, { user, rooms: [room] })));
    const answer = await c.api('POST', `/v1/users/${user}/events`, { type: 'note', text: 'for you' });
    assert.equal(answer.status, 200);
    for (const socket of sockets) assert.equal((await socket.next('note')).text, 'for you');
    for (const node of [a, b, c]) {
      const state = await node.userState(user);
      assert.deepEqual([state.online, state.connections], [true, 2]);
      assert.ok(state.rooms.includes(room), JSON.stringify(state));
    }
    for (const socket of sockets) socket.drop();
    await until('the user to be offline everywhere', async () => (await Promise.all([a, b, c].map((node) => node.userState(user)))).every((state) => !state.online), { ms: GRACE_MS + 8_000 });
  });

  it('§9 PUT joins connections on every node to a room, DELETE removes them', async (t) => {
    const [user, room] = [unique('ann'), unique('room')];
    const watcher = await a.connect(t, { user: unique('bob'), rooms: [room] });
    const sockets = await Promise.all([b, c].map((node) => node.connect(t, { user })));
    assert.ok((await a.api('PUT', `/v1/rooms/${room}/members/${user}`)).status < 300);
    for (const socket of sockets) await socket.next({ type: 'joined', room });
    await watcher.next({ type: 'user_joined', userId: user });
    await watcher.publish({ room, content: 'x' });
    for (const socket of sockets) await socket.next({ content: 'x' });
    assert.ok((await c.api('DELETE', `/v1/rooms/${room}/members/${user}`)).status < 300);
    for (const socket of sockets) await socket.next({ type: 'left', room });
    assert.equal((await watcher.next('user_left')).reason, 'kicked');
    await watcher.publish({ room, content: 'y' });
    await sockets[0].never({ content: 'y' }, 300);
    assert.equal(watcher.all('user_joined').length, 1);
  });

  it('§9 every node lists all nodes with their connections', async (t) => {
    await Promise.all([a, b, c].map((node) => node.connect(t, { user: unique('u') })));
    const names = cluster.nodes.map((node) => node.name);
    for (const node of [a, b, c]) {
      await until('all nodes to be listed with connections', async () => {
        const { json } = await node.api('GET', '/v1/nodes');
        const listed = json.nodes.map((one) => one.node ?? one.id ?? one.nodeId).sort();
        assert.deepEqual(listed, names, JSON.stringify(json));
        return json.nodes.every((one) => one.connections >= 1);
      });
    }
  });

  it('§9 rooms, a room, its presence and its history, from any node', async (t) => {
    const room = unique('room');
    const ann = await a.connect(t, { user: unique('ann'), name: 'Ann', rooms: [room] });
    const bob = await b.connect(t, { user: unique('bob'), name: 'Bob', rooms: [room] });
    for (let n = 1; n <= 3; n += 1) await ann.publish({ room, n });
    for (const node of [a, b, c]) {
      const [state, presence, events, rooms] = await Promise.all(['', '/presence', '/events?after=1&limit=1'].map((what) => node.api('GET', `/v1/rooms/${room}${what}`)).concat(node.api('GET', '/v1/rooms')));
      assert.equal(state.json.seq, 3, state.text);
      assert.deepEqual(presence.json.users.map((user) => user.userId).sort(), [ann.userId, bob.userId].sort());
      assert.equal(presence.json.count, 2);
      assert.deepEqual([events.json.events.map((e) => e.n), events.json.more], [[2], true]);
      assert.ok(rooms.text.includes(`"${room}"`), rooms.text.slice(0, 300));
    }
  });

  it('§9 a publish over HTTP reaches members of every node; many rooms and lines too', async (t) => {
    const [one, two] = [unique('one'), unique('two')];
    const clients = await Promise.all([a, b, c].map((node) => node.connect(t, { user: unique('u'), rooms: [one, two] })));
    assert.equal((await a.api('POST', '/v1/publish', { rooms: [one, two], event: { type: 'news', text: 'x' } })).status, 200);
    await b.publishLines(one, Array.from({ length: 300 }, (_, n) => ({ n })));
    for (const client of clients) {
      await client.next({ type: 'news', room: one });
      await client.next({ type: 'news', room: two });
      await client.until('the lines', () => client.all({ type: 'message', room: one }).length === 300);
      assert.deepEqual(client.all({ type: 'message', room: one }).map((e) => e.n), Array.from({ length: 300 }, (_, n) => n));
    }
  });

  it('§9 ids of backends are idempotent across nodes', async () => {
    const room = unique('room');
    const answers = [];
    for (const node of [a, b, c]) answers.push((await node.api('POST', `/v1/rooms/${room}/events`, { id: 'order-1', n: 1 })).json);
    assert.deepEqual(answers.map((answer) => answer.seq), [1, 1, 1]);
    assert.deepEqual(answers.map((answer) => answer.duplicate === true), [false, true, true]);
  });

  it('§9 DELETE of a history is told to the members of every node', async (t) => {
    const room = unique('room');
    const clients = await Promise.all([a, b, c].map((node) => node.connect(t, { user: unique('u'), rooms: [room] })));
    const first = await clients[0].publish({ room, n: 1 });
    await clients[2].next('message');
    assert.ok((await b.api('DELETE', `/v1/rooms/${room}/events`)).status < 300);
    for (const client of clients) assert.equal((await client.next({ type: 'gap', room })).reason, 'reset');
    const again = await clients[1].publish({ room, n: 2 });
    assert.equal(again.seq, 1);
    assert.notEqual(again.epoch, first.epoch);
    assert.equal((await clients[2].next({ type: 'message', n: 2 })).seq, 1);
  });
});
