// PROTOCOL §9: the API for backends, and what operators ask for.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { it } from 'node:test';

import { API_KEY, UNLIMITED, gatewayFor, suite } from './harness/gateway.mjs';
import { token } from './harness/jwt.mjs';
import { unique, until } from './harness/waiting.mjs';

function assertProblem(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/, answer.text);
  const problem = answer.json;
  assert.equal(problem.status, status);
  if (code) assert.equal(problem.code, code, answer.text);
  assert.equal(typeof problem.title, 'string');
}

suite('§9 HTTP', {
  concurrency: 8,
  settings: { ...UNLIMITED, Presence: { GraceMs: 800 }, Namespaces: { wave: { Mode: 'ephemeral', Rights: ['join', 'publish', 'presence'] } } },
}, (gateway) => {
  it('§9 publish: 200 with the ack\'s fields, and everyone in the room gets it', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    const answer = await gateway.api('POST', `/v1/rooms/${room}/events`, { type: 'order', id: 'o-1', total: 5, nested: { a: [1] } });
    assert.equal(answer.status, 200, answer.text);
    const ack = answer.json;
    assert.equal(ack.id, 'o-1');
    assert.equal(ack.room, room);
    assert.equal(ack.seq, 1);
    assert.ok(ack.epoch && ack.timestamp);
    const event = await client.next('order');
    assert.deepEqual(JSON.parse(event.raw), {
      type: 'order', room, id: 'o-1', seq: 1, epoch: ack.epoch, senderId: 'system', senderName: 'system', timestamp: ack.timestamp,
      total: 5, nested: { a: [1] },
    });
  });

  it('§9 senderId and senderName are the backend\'s to say', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    await gateway.api('POST', `/v1/rooms/${room}/events`, { content: 'x', senderId: 'bot', senderName: 'The Bot' });
    const event = await client.next('message');
    assert.equal(event.senderId, 'bot');
    assert.equal(event.senderName, 'The Bot');
  });

  it('§9 fields keep their bytes', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    await gateway.api('POST', `/v1/rooms/${room}/events`, '{"type":"x","n":1.10,"big":123456789012345678901234567890}');
    const event = await client.next('x');
    assert.ok(event.raw.includes('"n":1.10') && event.raw.includes('"big":123456789012345678901234567890'), event.raw);
    const page = await gateway.api('GET', `/v1/rooms/${room}/events`);
    assert.ok(page.text.includes('"n":1.10'), page.text);
  });

  it('§9 ids of backends are idempotent in a space of their own', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: 'system', rooms: [room] });
    await client.publish({ room, id: 'same' });
    const first = (await gateway.api('POST', `/v1/rooms/${room}/events`, { id: 'same' })).json;
    assert.equal(first.seq, 2);
    assert.ok(!first.duplicate);
    const second = (await gateway.api('POST', `/v1/rooms/${room}/events`, { id: 'same', senderId: 'other' })).json;
    assert.equal(second.seq, 2);
    assert.equal(second.duplicate, true);
  });

  it('§9 ephemeral: relayed, without seq', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    const answer = await gateway.api('POST', `/v1/rooms/${room}/events`, { ephemeral: true, content: 'x' });
    assert.equal(answer.status, 200);
    assert.ok(!('seq' in answer.json));
    assert.ok(!('seq' in await client.next('message')));
    assert.equal((await gateway.allEvents(room)).length, 0);
  });

  it('§9 ndjson: counts, and errors by line', async () => {
    const room = unique('room');
    const lines = ['{"type":"a"}', '{broken', '{"id":5}', '{"type":"gw.x"}', '{"type":"b"}', '[]'];
    const answer = await gateway.api('POST', `/v1/rooms/${room}/events`, lines.join('\n'), { type: 'application/x-ndjson' });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.accepted, 2);
    assert.equal(answer.json.rejected, 4);
    assert.deepEqual(answer.json.errors.map((e) => [e.line, e.code]), [[2, 'bad_json'], [3, 'bad_frame'], [4, 'reserved_type'], [6, 'bad_frame']]);
    assert.deepEqual((await gateway.allEvents(room)).map((e) => e.type), ['a', 'b']);
  });

  it('§9 ndjson: only the first 100 errors are listed', async () => {
    const answer = await gateway.api('POST', `/v1/rooms/${unique('room')}/events`, Array(250).fill('{').join('\n'), { type: 'application/x-ndjson' });
    assert.equal(answer.json.rejected, 250);
    assert.equal(answer.json.errors.length, 100);
    assert.equal(answer.json.errors[99].line, 100);
  });

  it('§9 ndjson of any length, streamed in odd pieces, in order', async () => {
    const room = unique('room');
    const count = 3_000;
    const body = Buffer.from(Array.from({ length: count }, (_, n) => JSON.stringify({ type: 'n', n, pad: 'é'.repeat(500) })).join('\n'));
    const pieces = [];
    for (let at = 0; at < body.length; at += 9_973) pieces.push(body.subarray(at, at + 9_973));
    const answer = await gateway.http('POST', `/v1/rooms/${room}/events`, {
      body: Readable.from(pieces), headers: { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/x-ndjson', 'Transfer-Encoding': 'chunked' },
    });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.accepted, count);
    const kept = await gateway.allEvents(room, { after: count - 900 });
    assert.deepEqual(kept.map((e) => [e.seq, e.n]), Array.from({ length: 900 }, (_, i) => [count - 899 + i, count - 900 + i]));
    assert.equal(kept[0].pad, 'é'.repeat(500));
  });

  it('§9 /v1/publish: the same event to many rooms', async (t) => {
    const [a, b] = [unique('a'), unique('b')];
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [a, b] });
    const answer = await gateway.api('POST', '/v1/publish', { rooms: [a, b], event: { type: 'news', n: 1 } });
    assert.equal(answer.status, 200, answer.text);
    await client.next({ type: 'news', room: a });
    await client.next({ type: 'news', room: b });
    assertProblem(await gateway.api('POST', '/v1/publish', { rooms: 'a', event: {} }), 400, 'bad_frame');
    assertProblem(await gateway.api('POST', '/v1/publish', { rooms: ['a b'], event: {} }), 400, 'bad_room');
    assertProblem(await gateway.api('POST', '/v1/publish', { rooms: ['a'] }), 400, 'bad_frame');
  });

  it('§9 to a user\'s own room, on all connections', async (t) => {
    const user = unique('ann');
    const one = await gateway.connect(t, { user });
    const two = await gateway.connect(t, { user });
    const answer = await gateway.api('POST', `/v1/users/${user}/events`, { type: 'notice', n: 1 });
    assert.equal(answer.json.room, `user:${user}`);
    assert.equal((await one.next('notice')).room, `user:${user}`);
    await two.next('notice');
  });

  it('§9 a user\'s state', async (t) => {
    const user = unique('ann');
    const room = unique('room');
    assert.deepEqual([(await gateway.userState(user)).online, (await gateway.userState(user)).connections], [false, 0]);
    await gateway.connect(t, { user, rooms: [room] });
    await gateway.connect(t, { user });
    const state = await gateway.userState(user);
    assert.equal(state.online, true);
    assert.equal(state.connections, 2);
    assert.ok(state.rooms.includes(room), JSON.stringify(state));
  });

  it('§9 disconnect closes all with 4500, ends the sessions and is seen as a kick', async (t) => {
    const user = unique('ann');
    const room = unique('room');
    const watcher = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    const one = await gateway.connect(t, { user, rooms: [room] });
    const two = await gateway.connect(t, { user, rooms: [room] });
    const answer = await gateway.api('POST', `/v1/users/${user}/disconnect`);
    assert.ok(answer.status < 300, answer.text);
    assert.equal((await one.closing()).code, 4500);
    assert.equal((await two.closing()).code, 4500);
    const left = await watcher.next('user_left');
    assert.equal(left.reason, 'kicked');
    assert.equal(watcher.all('user_left').length, 1);
    assert.equal((await gateway.connect(t, { user, query: { session: one.session } })).welcome.resumed, false);
  });

  it('§9 disconnect with forMs refuses the user with 403 for that long', async (t) => {
    const user = unique('ann');
    const client = await gateway.connect(t, { user });
    await gateway.api('POST', `/v1/users/${user}/disconnect`, { forMs: 1_500 });
    assert.equal((await client.closing()).code, 4500);
    assert.equal((await gateway.refused({ user })).status, 403);
    await until('the user to be let in again', () => gateway.connect(t, { user }).then(() => true, () => false), { every: 150 });
    assertProblem(await gateway.api('POST', `/v1/users/${user}/disconnect`, { forMs: 'x' }), 400, 'bad_frame');
  });

  it('§9 PUT joins a user\'s connections to a room, DELETE removes them', async (t) => {
    const user = unique('ann');
    const room = unique('room');
    const watcher = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    const one = await gateway.connect(t, { user });
    const two = await gateway.connect(t, { user });
    assert.ok((await gateway.api('PUT', `/v1/rooms/${room}/members/${user}`)).status < 300);
    await one.next({ type: 'joined', room });
    await two.next({ type: 'joined', room });
    await watcher.next({ type: 'user_joined', userId: user });
    await watcher.publish({ room, content: 'x' });
    await one.next('message');
    assert.ok((await gateway.api('DELETE', `/v1/rooms/${room}/members/${user}`)).status < 300);
    await one.next({ type: 'left', room });
    await two.next({ type: 'left', room });
    assert.equal((await watcher.next('user_left')).reason, 'kicked');
    await watcher.publish({ room, content: 'y' });
    await one.never({ content: 'y' }, 200);
  });

  it('§9 rooms, a room, its presence', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann'), name: 'Ann', rooms: [room] });
    await client.publish({ room });
    const rooms = await gateway.api('GET', '/v1/rooms');
    assert.equal(rooms.status, 200);
    assert.ok(rooms.text.includes(`"${room}"`), rooms.text);
    const state = await gateway.api('GET', `/v1/rooms/${room}`);
    assert.equal(state.status, 200);
    assert.equal(state.json.room, room);
    assert.equal(state.json.seq, 1);
    assert.ok(state.json.epoch);
    const presence = await gateway.api('GET', `/v1/rooms/${room}/presence`);
    assert.equal(presence.json.count, 1);
    assert.equal(presence.json.users[0].userId, client.userId);
  });

  it('§9 events: after, before, limit', async () => {
    const room = unique('room');
    await gateway.publishLines(room, Array.from({ length: 30 }, (_, i) => ({ n: i + 1 })));
    const seqs = async (query) => (await gateway.api('GET', `/v1/rooms/${room}/events${query}`)).json.events.map((e) => e.seq);
    assert.deepEqual(await seqs('?after=27'), [28, 29, 30]);
    assert.deepEqual(await seqs('?before=4'), [1, 2, 3]);
    assert.deepEqual(await seqs('?limit=2'), [29, 30]);
    assert.deepEqual(await seqs('?after=3&limit=2'), [4, 5]);
    for (const query of ['?limit=0', '?limit=x', '?after=-1', '?before=x']) {
      assertProblem(await gateway.api('GET', `/v1/rooms/${room}/events${query}`), 400, 'bad_frame');
    }
  });

  it('§9 DELETE forgets the history: the epoch changes, the count starts again', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    const before = await client.publish({ room });
    await client.publish({ room });
    assert.ok((await gateway.api('DELETE', `/v1/rooms/${room}/events`)).status < 300);
    assert.deepEqual(await gateway.allEvents(room), []);
    const after = await client.publish({ room });
    assert.notEqual(after.epoch, before.epoch);
    assert.equal(after.seq, 1);
    const other = await gateway.connect(t, { user: unique('bob') });
    assert.equal((await other.ask({ type: 'join', room, since: 2, epoch: before.epoch })).recovered, false);
    assert.equal((await other.next('gap')).reason, 'reset');
  });

  it('§9 nodes', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    const answer = await gateway.api('GET', '/v1/nodes');
    assert.equal(answer.status, 200);
    assert.ok(answer.text.includes(client.welcome.node), answer.text);
    assert.match(answer.text, /"connections":\d+/);
  });

  it('§9 openapi and metrics need the key, health does not', async () => {
    const openapi = await gateway.api('GET', '/openapi/v1.json');
    assert.equal(openapi.status, 200);
    assert.match(openapi.json.openapi, /^3\./);
    const paths = Object.keys(openapi.json.paths);
    for (const path of ['/v1/rooms/{room}/events', '/v1/publish', '/v1/users/{id}', '/v1/users/{id}/disconnect', '/v1/rooms/{room}/members/{id}', '/v1/nodes']) {
      assert.ok(paths.includes(path), `${path} is not in ${paths.join(' ')}`);
    }
    const metrics = await gateway.api('GET', '/metrics');
    assert.equal(metrics.status, 200);
    assert.match(metrics.text, /^# TYPE \w+ (counter|gauge|histogram)/m);
    for (const path of ['/openapi/v1.json', '/metrics']) assert.equal((await gateway.http('GET', path)).status, 401, path);
    for (const path of ['/health/live', '/health/ready']) {
      const answer = await gateway.http('GET', path);
      assert.equal(answer.status, 200);
      assert.ok(answer.text.length < 100, 'nothing but the state');
    }
  });

  const routes = [
    ['POST', '/v1/rooms/a/events', '{}'], ['POST', '/v1/publish', '{}'], ['POST', '/v1/users/a/events', '{}'], ['GET', '/v1/users/a'],
    ['POST', '/v1/users/a/disconnect'], ['PUT', '/v1/rooms/a/members/b'], ['DELETE', '/v1/rooms/a/members/b'], ['GET', '/v1/rooms'],
    ['GET', '/v1/rooms/a'], ['GET', '/v1/rooms/a/events'], ['GET', '/v1/rooms/a/presence'], ['DELETE', '/v1/rooms/a/events'], ['GET', '/v1/nodes'],
  ];
  for (const [method, path, body] of routes) {
    it(`§9 401 without the key: ${method} ${path}`, async () => {
      assertProblem(await gateway.api(method, path, body, { key: null }), 401, 'unauthorized');
      const wrong = await gateway.api(method, path, body, { key: `${API_KEY}x` });
      assert.ok(wrong.status === 401 || wrong.status === 403, `${wrong.status}`);
      const user = await gateway.api(method, path, body, { key: token({ sub: 'ann' }) });
      assert.ok(user.status === 401 || user.status === 403, 'a user\'s token is no key');
    });
  }

  it('§9 400 with the code', async () => {
    const post = (room, body) => gateway.api('POST', `/v1/rooms/${room}/events`, body);
    assertProblem(await post('a', '{'), 400, 'bad_json');
    assertProblem(await post('a', '[]'), 400, 'bad_frame');
    assertProblem(await post('a', '{"id":5}'), 400, 'bad_frame');
    assertProblem(await post('a', '{"a":1,"a":2}'), 400, 'bad_frame');
    assertProblem(await post('a', '{"type":"joined"}'), 400, 'reserved_type');
    assertProblem(await post('a%20b', '{}'), 400, 'bad_room');
    assertProblem(await post('nobody:a', '{}'), 403, 'forbidden');
    assertProblem(await gateway.api('POST', '/v1/users/a%20b/events', '{}'), 400);
  });

  it('§9 404 for what is not there, 413 for too much', async () => {
    assert.equal((await gateway.api('GET', '/v1/nothing')).status, 404);
    const big = await gateway.api('POST', '/v1/rooms/a/events', JSON.stringify({ pad: 'x'.repeat(70_000) }));
    assert.equal(big.status, 413, big.text);
    const lines = await gateway.api('POST', `/v1/rooms/${unique('r')}/events`, `{"a":1}\n${JSON.stringify({ pad: 'x'.repeat(70_000) })}\n{"a":2}`, { type: 'application/x-ndjson' });
    if (lines.status === 200) assert.deepEqual([lines.json.accepted, lines.json.rejected], [2, 1]);
    else assert.equal(lines.status, 413);
  });

  it('§9 no rate limit for backends', async () => {
    const room = unique('room');
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => gateway.api('POST', `/v1/rooms/${room}/events`, { n })));
    assert.ok(answers.every((a) => a.status === 200));
    assert.equal((await gateway.allEvents(room)).length, 100);
  });

  it('§2 a room of mode ephemeral over HTTP', async (t) => {
    const room = `wave:${unique('room')}`;
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    assert.ok(!('seq' in (await gateway.api('POST', `/v1/rooms/${room}/events`, { n: 1 })).json));
    await client.next('message');
  });
});

suite('§9 without any API key', { concurrency: 2, settings: { Api: undefined } }, (gateway) => {
  it('§9 no key configured: nobody gets in, not even with an empty one', async () => {
    assert.equal((await gateway.api('GET', '/v1/rooms', undefined, { key: null })).status, 401);
    assert.equal((await gateway.http('GET', '/v1/rooms', { headers: { Authorization: 'Bearer ' } })).status, 401);
    assert.equal((await gateway.http('GET', '/v1/rooms', { headers: { Authorization: 'Bearer null' } })).status, 401);
  });
});

it('§9 Admin:Port serves openapi and metrics without a key', { timeout: 60_000 }, async (t) => {
  const admin = 32_100 + Math.floor(Math.random() * 600);
  const gateway = await gatewayFor(t, { settings: { Admin: { Port: admin } } });
  const main = gateway.port;
  gateway.port = admin;
  const metrics = await gateway.http('GET', '/metrics');
  const openapi = await gateway.http('GET', '/openapi/v1.json');
  gateway.port = main;
  assert.equal(metrics.status, 200);
  assert.equal(openapi.status, 200);
  assert.equal((await gateway.http('GET', '/metrics')).status, 401);
});
