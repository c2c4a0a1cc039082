// PROTOCOL §2: names, joining, replay, gaps.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { UNLIMITED, gatewayFor, suite } from './harness/gateway.mjs';
import { unique } from './harness/waiting.mjs';

const numbered = (count, from = 1) => Array.from({ length: count }, (_, i) => ({ type: 'message', n: from + i }));

suite('§2 rooms', {
  concurrency: 8,
  settings: {
    ...UNLIMITED,
    Namespaces: {
      small: { Mode: 'log', HistorySize: 10, DefaultHistory: 5, Rights: ['join', 'publish', 'history', 'presence'] },
      quiet: { Mode: 'log', HistorySize: 100, Rights: ['join'] },
      wave: { Mode: 'ephemeral', Rights: ['join', 'publish'] },
      chat: { PresenceLimit: 100 },
    },
  },
}, (gateway) => {
  it('§2 chat:NAME and NAME are the same room, written without the prefix', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann') });
    assert.equal((await client.ask({ type: 'join', room: `chat:${room}` })).room, room);
    assert.equal((await client.publish({ room: `chat:${room}`, content: 'x' })).room, room);
    assert.equal((await client.publish({ room, content: 'y' })).seq, 2);
  });

  it('§2 a number is taken as its text', async (t) => {
    const number = 900_000 + Math.floor(Math.random() * 90_000);
    const client = await gateway.connect(t, { user: unique('ann') });
    assert.equal((await client.ask({ type: 'join', room: number })).room, String(number));
    assert.equal((await client.publish({ room: String(number), content: 'x' })).room, String(number));
  });

  for (const alias of ['roomId', 'chatId', 'conversationId']) {
    it(`§2 ${alias} names a room like room does`, async (t) => {
      const room = unique('room');
      const ann = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
      const client = await gateway.connect(t, { user: unique('bob') });
      assert.equal((await client.ask({ type: 'join', [alias]: room })).room, room);
      assert.equal((await client.publish({ [alias]: room, content: 'x' })).room, room);
      assert.equal((await ann.next('message')).room, room);
      assert.equal((await client.ask({ type: 'history', [alias]: room })).room, room);
      assert.equal((await client.ask({ type: 'leave', [alias]: room })).type, 'left');
    });
  }

  it('§2 two names that disagree are bad_room, two that agree are fine', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    assert.equal((await client.ask({ type: 'join', room: 'a', chatId: 'b' })).code, 'bad_room');
    assert.equal((await client.ask({ type: 'message', roomId: 1, conversationId: 2, content: 'x' })).code, 'bad_room');
    assert.equal((await client.ask({ type: 'join', room: 'agreed', chatId: 'agreed' })).type, 'joined');
    assert.equal((await client.ask({ type: 'join', room: '42', chatId: 42 })).type, 'joined');
  });

  const wrong = ['', 'a b', 'a/b', 'ü', 'a\u0000b', 'x'.repeat(201), 'chat:a:b', 'a,b', '{}', 1.5, true, null, {}, ['a']];
  for (const room of wrong) {
    it(`§2 bad_room: ${JSON.stringify(room).slice(0, 30)}`, async (t) => {
      const client = await gateway.connect(t, { user: unique('ann') });
      for (const type of ['join', 'message', 'history']) {
        const answer = await client.ask({ type, room });
        assert.equal(answer.type, 'error', answer.raw);
        assert.equal(answer.code, 'bad_room', answer.raw);
      }
    });
  }

  it('§2 200 characters of all that is allowed', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    const name = `Az09._-@${'x'.repeat(192)}`;
    assert.equal(name.length, 200);
    assert.equal((await client.ask({ type: 'join', room: name })).room, name);
  });

  it('§2 a namespace that nobody configured is forbidden', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    for (const type of ['join', 'message', 'history', 'presence']) {
      assert.equal((await client.ask({ type, room: 'nobody:a' })).code, 'forbidden', type);
    }
  });

  it('§2 a configured namespace has its own rights and history', async (t) => {
    const room = `quiet:${unique('room')}`;
    const client = await gateway.connect(t, { user: unique('ann') });
    await gateway.publishLines(room, numbered(3));
    assert.equal((await client.ask({ type: 'join', room })).type, 'joined');
    assert.equal((await client.ask({ type: 'message', room, content: 'x' })).code, 'forbidden');
    assert.equal((await client.ask({ type: 'history', room })).code, 'forbidden');
  });

  it('§2 joined has its fields', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const client = await gateway.connect(t, { user, name: 'Ann' });
    await client.publish({ room, content: 'x' });
    const joined = await client.ask({ type: 'join', room });
    assert.equal(joined.room, room);
    assert.equal(joined.seq, 1);
    assert.match(joined.epoch, /^[A-Za-z0-9_-]+$/);
    assert.equal(joined.count, 1);
    assert.ok(!('recovered' in joined), 'recovered only with since');
    assert.equal(joined.users.length, 1);
    assert.equal(joined.users[0].userId, user);
    assert.equal(joined.users[0].name, 'Ann');
    assert.equal(joined.users[0].devices, 1);
    assert.ok(!Number.isNaN(Date.parse(joined.users[0].since)));
    assert.deepEqual(joined.receipts, []);
  });

  it('§2 an empty room has seq 0', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    assert.equal(client.joined[room].seq, 0);
  });

  it('§2 devices counts a user\'s connections', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    await gateway.connect(t, { user, rooms: [room] });
    await gateway.connect(t, { user, rooms: [room] });
    const bob = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    assert.equal(bob.joined[room].count, 2);
    assert.equal(bob.joined[room].users.find((u) => u.userId === user).devices, 2);
  });

  it('§2 history says how many are replayed, DefaultHistory otherwise', async (t) => {
    const room = unique('room');
    await gateway.publishLines(room, numbered(70));
    const client = await gateway.connect(t, { user: unique('ann') });
    await client.ask({ type: 'join', room, history: 4 });
    await client.until('four', () => client.all('message').length === 4);
    await client.ask({ type: 'join', room });
    await client.until('fifty more', () => client.all('message').length === 54);
    await client.ask({ type: 'join', room, history: 0 });
    await client.never('message', 150);
    assert.deepEqual(client.all('message').slice(0, 4).map((m) => m.seq), [67, 68, 69, 70]);
    assert.ok(client.all('message').every((m) => m.replay === true));
  });

  it('§2 DefaultHistory of a namespace', async (t) => {
    const room = `small:${unique('room')}`;
    await gateway.publishLines(room, numbered(8));
    const client = await gateway.connect(t, { user: unique('ann') });
    await client.ask({ type: 'join', room });
    await client.until('five', () => client.all('message').length >= 5);
    await client.never('message', 150);
    assert.deepEqual(client.all('message').map((m) => m.seq), [4, 5, 6, 7, 8]);
  });

  for (const wrong of [{ history: -1 }, { history: 'x' }, { history: 1.5 }, { since: -1 }, { since: '5' }, { since: 1, epoch: 7 }]) {
    it(`§5 bad_frame for a join with ${JSON.stringify(wrong)}`, async (t) => {
      const client = await gateway.connect(t, { user: unique('ann') });
      const answer = await client.ask({ type: 'join', room: unique('room'), ...wrong });
      assert.equal(answer.code, 'bad_frame', answer.raw);
      assert.ok(Object.keys(wrong).includes(answer.field), answer.raw);
    });
  }

  it('§2 since replays every later event, then comes what is live', async (t) => {
    const room = unique('room');
    await gateway.publishLines(room, numbered(120));
    const client = await gateway.connect(t, { user: unique('ann') });
    const joined = await client.ask({ type: 'join', room, since: 5 });
    assert.equal(joined.recovered, true);
    assert.equal(joined.seq, 120);
    await gateway.publishLines(room, numbered(5, 121));
    await client.until('125', () => client.all('message').at(-1)?.seq === 125);
    assert.deepEqual(client.all('message').map((m) => m.seq), Array.from({ length: 120 }, (_, i) => i + 6));
    assert.deepEqual(client.all('message').map((m) => m.n), client.all('message').map((m) => m.seq));
    assert.equal(client.all('gap').length, 0);
  });

  it('§2 since with the right epoch is recovered; since at the top replays nothing', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann') });
    const { seq, epoch } = await client.publish({ room, content: 'x' });
    const joined = await client.ask({ type: 'join', room, since: seq, epoch });
    assert.equal(joined.recovered, true);
    await client.never('message', 150);
  });

  it('§2 since 0 means from the first kept', async (t) => {
    const room = unique('room');
    await gateway.publishLines(room, numbered(3));
    const client = await gateway.connect(t, { user: unique('ann') });
    const joined = await client.ask({ type: 'join', room, since: 0 });
    assert.equal(joined.recovered, true);
    await client.until('three', () => client.all('message').length === 3);
  });

  it('§2 an unknown epoch is a gap with the reason reset, before what is kept', async (t) => {
    const room = unique('room');
    await gateway.publishLines(room, numbered(3));
    const client = await gateway.connect(t, { user: unique('ann') });
    const joined = await client.ask({ type: 'join', room, since: 1, epoch: 'never-was' });
    assert.equal(joined.recovered, false);
    const gap = await client.next('gap');
    assert.equal(gap.room, room);
    assert.equal(gap.reason, 'reset');
    assert.equal(gap.epoch, joined.epoch);
    assert.ok(!('from' in gap) && !('to' in gap), gap.raw);
    await client.until('what is kept', () => client.all('message').length === 3);
    const order = client.frames.filter((f) => f.room === room).map((f) => f.type);
    assert.deepEqual(order, ['joined', 'gap', 'message', 'message', 'message']);
  });

  it('§2 since above the top is a gap with the reason reset', async (t) => {
    const room = unique('room');
    await gateway.publishLines(room, numbered(3));
    const client = await gateway.connect(t, { user: unique('ann') });
    const joined = await client.ask({ type: 'join', room, since: 50 });
    assert.equal(joined.recovered, false);
    assert.equal((await client.next('gap')).reason, 'reset');
    await client.until('what is kept', () => client.all('message').length === 3);
  });

  it('§2 a position before the kept history is a gap with the reason trimmed', async (t) => {
    const room = `small:${unique('room')}`;
    await gateway.publishLines(room, numbered(400));
    const client = await gateway.connect(t, { user: unique('ann') });
    const joined = await client.ask({ type: 'join', room, since: 5 });
    assert.equal(joined.recovered, false);
    const gap = await client.next('gap');
    assert.equal(gap.reason, 'trimmed');
    assert.equal(gap.from, 6);
    await client.until('the top', () => client.all('message').at(-1)?.seq === 400);
    const replayed = client.all('message').map((m) => m.seq);
    assert.equal(replayed[0], gap.to + 1, 'what is kept begins where the gap ends');
    assert.ok(replayed.length >= 10 && replayed.length <= 210, `kept ${replayed.length}`);
    assert.deepEqual(replayed, Array.from({ length: replayed.length }, (_, i) => replayed[0] + i));
  });

  it('§2 a history keeps at least its newest HistorySize, at most 200 more', async () => {
    const room = `small:${unique('room')}`;
    for (let round = 0; round < 5; round += 1) {
      await gateway.publishLines(room, numbered(150, round * 150 + 1));
      const kept = (await gateway.allEvents(room)).map((e) => e.seq);
      assert.ok(kept.length >= 10 && kept.length <= 210, `kept ${kept.length}`);
      assert.equal(kept.at(-1), (round + 1) * 150);
    }
  });

  it('§2 joining again answers and replays again, with no presence event', async (t) => {
    const room = unique('room');
    const watcher = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    await gateway.publishLines(room, numbered(2));
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    await watcher.next('user_joined');
    await client.until('the replay', () => client.all('message').length === 2);
    assert.equal((await client.ask({ type: 'join', room })).type, 'joined');
    await client.until('the second replay', () => client.all('message').length === 4);
    await watcher.never('user_joined', 250);
    assert.equal(watcher.all('user_left').length, 0);
    await watcher.publish({ room, content: 'live' });
    await client.next({ content: 'live' });
    await client.never({ content: 'live' }, 150);
  });

  it('§2 leave is answered by left, and nothing more is heard', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    const other = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    assert.deepEqual(JSON.parse((await client.ask({ type: 'leave', room, id: 'l1' })).raw), { type: 'left', room, id: 'l1' });
    await other.publish({ room, content: 'x' });
    await client.never('message', 250);
  });

  it('§2 a command without a room means the default room', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    assert.equal((await client.ask({ type: 'history' })).room, room);
    assert.equal((await client.ask({ type: 'presence' })).room, room);
    assert.equal((await client.ask({ type: 'leave' })).room, room);
    assert.equal((await client.ask({ type: 'join' })).room, room);
  });

  it('§2 an id of a command is borne by its answer and its error', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    const long = 'i'.repeat(128);
    assert.equal((await client.ask({ type: 'join', room: 'a', id: long })).id, long);
    assert.equal((await client.ask({ type: 'join', room: 'a b', id: 'err' })).id, 'err');
    client.send({ type: 'join', room: 'a', id: 'i'.repeat(129) });
    assert.equal((await client.next('error')).code, 'bad_frame');
    client.send({ type: 'join', room: 'a', id: 5 });
    assert.equal((await client.next('error')).field, 'id');
    client.send({ type: 'join', room: 'a', id: '' });
    assert.equal((await client.next('error')).code, 'bad_frame');
  });

  it('§2 user:ID is joined silently; an explicit join answers', async (t) => {
    const user = unique('ann');
    const client = await gateway.connect(t, { user });
    await gateway.api('POST', `/v1/users/${user}/events`, { type: 'notice', n: 1 });
    assert.equal((await client.next('notice')).seq, 1);
    assert.equal(client.all({ type: 'joined', room: `user:${user}` }).length, 0);
    assert.equal((await client.ask({ type: 'join', room: `user:${user}` })).type, 'joined');
    assert.equal((await client.ask({ type: 'message', room: `user:${user}`, content: 'x' })).code, 'forbidden');
  });

  it('§2 another user\'s own room is forbidden', async (t) => {
    const [ann, bob] = [unique('ann'), unique('bob')];
    const client = await gateway.connect(t, { user: ann });
    assert.equal((await client.ask({ type: 'join', room: `user:${bob}` })).code, 'forbidden');
    assert.equal((await client.ask({ type: 'history', room: `user:${bob}` })).code, 'forbidden');
  });

  it('§2 the id in user:ID may hold what a sub may', async (t) => {
    const user = `${unique('a')}|b+c=d~e@f:g`;
    const client = await gateway.connect(t, { user });
    assert.equal((await client.ask({ type: 'join', room: `user:${user}` })).room, `user:${user}`);
  });

  it('§2 mode ephemeral stores nothing', async (t) => {
    const room = `wave:${unique('room')}`;
    const bob = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    const client = await gateway.connect(t, { user: unique('ann') });
    const ack = await client.publish({ room, content: 'x' });
    assert.ok(!('seq' in ack), ack.raw);
    assert.ok(!('seq' in await bob.next('message')));
    assert.equal((await client.ask({ type: 'subscribe', room, maxRate: 5 })).code, 'unsupported');
  });

  it('§2 telemetry is there without configuration; clients without the claim may not publish', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    assert.equal((await client.ask({ type: 'message', room: `telemetry:${unique('p')}`, key: 'k' })).code, 'forbidden');
  });

  it('§2 subscribe is unsupported in a log room', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    assert.equal((await client.ask({ type: 'subscribe', room: unique('room'), maxRate: 5 })).code, 'unsupported');
  });

  it('§2 users is left out above the PresenceLimit, count is there', async (t) => {
    const small = await gatewayFor(t, { settings: { ...UNLIMITED, Namespaces: { chat: { PresenceLimit: 3 } } } });
    const room = unique('room');
    for (let i = 0; i < 3; i += 1) await small.connect(t, { user: unique('u'), rooms: [room] });
    const last = await small.connect(t, { user: unique('last'), rooms: [room] });
    assert.equal(last.joined[room].count, 4);
    assert.equal(last.joined[room].users, undefined);
    const asked = await last.ask({ type: 'presence', room });
    assert.equal(asked.count, 4);
    assert.equal(asked.users, undefined);
  });
});
