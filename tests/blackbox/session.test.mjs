// PROTOCOL §6: sessions that outlive their sockets, also the process.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { UNLIMITED, gatewayFor, suite } from './harness/gateway.mjs';
import { token } from './harness/jwt.mjs';
import { delay, unique } from './harness/waiting.mjs';

const seqs = (client, room) => client.frames.filter((f) => f.room === room && f.type === 'message').map((f) => f.seq);
const range = (a, b) => Array.from({ length: b - a + 1 }, (_, i) => a + i);

suite('§6 session', { concurrency: 8, settings: { ...UNLIMITED, Session: { ResumeMs: 6_000 }, Presence: { GraceMs: 1_000 } } }, (gateway) => {
  it('§6 resume as the first frame: welcome with resumed, then joined and replay for each room', async (t) => {
    const [a, b] = [unique('a'), unique('b')];
    const user = unique('ann');
    const writer = await gateway.connect(t, { user: unique('bob') });
    const before = await gateway.connect(t, { user, rooms: [a, b] });
    for (let i = 0; i < 3; i += 1) await writer.publish({ room: a, n: i });
    await before.until('three events', () => seqs(before, a).length === 3);
    before.drop();
    for (let i = 0; i < 4; i += 1) await writer.publish({ room: a, n: i });
    await writer.publish({ room: b });

    const back = await gateway.connect(t, { user });
    assert.equal(back.welcome.resumed, false);
    back.send({ type: 'resume', session: before.session, rooms: { [a]: { since: 3, epoch: before.joined[a].epoch }, [b]: { since: 0 } } });
    const welcome = await back.next('welcome');
    assert.equal(welcome.resumed, true);
    assert.equal(welcome.session, before.session);
    assert.equal(welcome.userId, user);
    assert.equal((await back.next({ type: 'joined', room: a })).recovered, true);
    assert.equal((await back.next({ type: 'joined', room: b })).recovered, true);
    await back.until('the replay', () => seqs(back, a).length === 4 && seqs(back, b).length === 1);
    await writer.publish({ room: a, n: 'live' });
    await back.next({ n: 'live' });
    assert.deepEqual(seqs(back, a), [4, 5, 6, 7, 8], 'exactly once');
    assert.equal(back.all('gap').length, 0);
  });

  it('§6 ?session= resumes too, and then the only welcome says so', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const before = await gateway.connect(t, { user, rooms: [room] });
    before.drop();
    const back = await gateway.connect(t, { user, query: { session: before.session } });
    assert.equal(back.welcome.resumed, true);
    assert.equal(back.session, before.session);
    await back.next({ type: 'joined', room });
    assert.equal(back.all('welcome').length, 1);
    assert.equal((await back.publish({ room })).seq, 1);
  });

  it('§6 the rooms are the session\'s, those named and those of the URL: the default room is not added', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const before = await gateway.connect(t, { user, rooms: [room] });
    before.drop();
    const back = await gateway.connect(t, { user, query: { session: before.session } });
    await back.next({ type: 'joined', room });
    await back.never({ type: 'joined', room: 'lobby' }, 250);
  });

  it('§6 rooms joined later belong to the session, rooms left do not', async (t) => {
    const [a, b, c] = [unique('a'), unique('b'), unique('c')];
    const user = unique('ann');
    const before = await gateway.connect(t, { user, rooms: [a, b] });
    await before.ask({ type: 'join', room: c });
    await before.ask({ type: 'leave', room: b });
    before.drop();
    const back = await gateway.connect(t, { user, query: { session: before.session } });
    await back.next({ type: 'joined', room: a });
    await back.next({ type: 'joined', room: c });
    await back.never({ type: 'joined', room: b }, 200);
  });

  it('§6 rooms that resume does not name replay as by default, rooms it adds are joined', async (t) => {
    const [kept, added] = [unique('kept'), unique('added')];
    const user = unique('ann');
    await gateway.publishLines(kept, [{ n: 1 }, { n: 2 }]);
    await gateway.publishLines(added, [{ n: 1 }, { n: 2 }]);
    const before = await gateway.connect(t, { user, rooms: [kept] });
    before.drop();
    const back = await gateway.connect(t, { user, rooms: [unique('url')] });
    back.send({ type: 'resume', session: before.session, rooms: { [added]: { since: 1 } } });
    await back.next({ type: 'welcome', resumed: true });
    await back.next({ type: 'joined', room: added });
    await back.next({ type: 'joined', room: kept });
    await back.until('the replays', () => seqs(back, kept).length === 2 && seqs(back, added).length === 1);
    assert.deepEqual(seqs(back, added), [2]);
  });

  it('§6 rooms of the URL are joined beside the session\'s', async (t) => {
    const [old, url] = [unique('old'), unique('url')];
    const user = unique('ann');
    const before = await gateway.connect(t, { user, rooms: [old] });
    before.drop();
    const back = await gateway.connect(t, { user, query: { session: before.session }, rooms: [url] });
    await back.next({ type: 'joined', room: old });
    assert.equal(back.welcome.resumed, true);
  });

  it('§6 as far as the token presented now allows', async (t) => {
    const [yes, no] = [unique('yes'), unique('no')];
    const user = unique('ann');
    const before = await gateway.connect(t, { user, rooms: [yes, no] });
    before.drop();
    const back = gateway.open({ t, user, claims: { rooms: { [yes]: ['join'] } }, query: { session: before.session } });
    assert.equal((await back.next('welcome')).resumed, true);
    await back.next({ type: 'joined', room: yes });
    const error = await back.next('error');
    assert.equal(error.code, 'forbidden');
    assert.equal(error.room, no);
    assert.equal(back.all({ type: 'joined', room: no }).length, 0);
  });

  for (const [what, id] of Object.entries({ 'an unknown session': 'AAAAAAAAAAAAAAAAAAAAAAAA', 'an odd one': 'a b' })) {
    it(`§6 ${what} is no error: resumed false, the rooms named are joined`, async (t) => {
      const room = unique('room');
      await gateway.publishLines(room, [{ n: 1 }, { n: 2 }]);
      const client = await gateway.connect(t, { user: unique('ann') });
      client.send({ type: 'resume', session: id, rooms: { [room]: { since: 1 } } });
      const joined = await client.next({ type: 'joined', room });
      assert.equal(joined.recovered, true);
      assert.ok(client.all('welcome').every((w) => w.resumed === false));
      await client.until('the replay', () => seqs(client, room).length === 1);
      assert.equal(client.closed, null);
    });
  }

  it('§6 another user\'s session is worth nothing, and stays that user\'s', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const ann = await gateway.connect(t, { user, rooms: [room] });
    const thief = await gateway.connect(t, { user: unique('eve'), query: { session: ann.session } });
    assert.equal(thief.welcome.resumed, false);
    assert.notEqual(thief.session, ann.session);
    await thief.never({ type: 'joined', room }, 200);
    const again = await gateway.connect(t, { user: unique('eve') });
    again.send({ type: 'resume', session: ann.session, rooms: {} });
    await again.never({ resumed: true }, 300);
    assert.equal(ann.closed, null);
    ann.drop();
    assert.equal((await gateway.connect(t, { user, query: { session: ann.session } })).welcome.resumed, true);
  });

  it('§6 a session ends ResumeMs after its socket', async (t) => {
    const user = unique('ann');
    const before = await gateway.connect(t, { user });
    before.drop();
    await delay(8_000);
    assert.equal((await gateway.connect(t, { user, query: { session: before.session } })).welcome.resumed, false);
  });

  it('§6 a socket that lives longer than ResumeMs keeps its session', async (t) => {
    const user = unique('ann');
    const before = await gateway.connect(t, { user });
    await delay(8_000);
    before.drop();
    assert.equal((await gateway.connect(t, { user, query: { session: before.session } })).welcome.resumed, true);
  });

  it('§6 where the old socket is still open it is closed with 4501, and nobody sees it', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const watcher = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    const old = await gateway.connect(t, { user, rooms: [room] });
    await watcher.next('user_joined');
    const back = await gateway.connect(t, { user, query: { session: old.session } });
    assert.equal(back.welcome.resumed, true);
    assert.equal((await old.closing()).code, 4501);
    await watcher.never((f) => f.type === 'user_left' || f.type === 'user_joined', 1_800);
    await watcher.publish({ room, content: 'x' });
    await back.next('message');
    const old2 = back;
    const third = await gateway.connect(t, { user });
    third.send({ type: 'resume', session: old.session, rooms: {} });
    await third.next({ type: 'welcome', resumed: true });
    assert.equal((await old2.closing()).code, 4501);
  });

  it('§6 the fresh session is discarded', async (t) => {
    const user = unique('ann');
    const before = await gateway.connect(t, { user });
    before.drop();
    const back = await gateway.connect(t, { user });
    const fresh = back.session;
    back.send({ type: 'resume', session: before.session, rooms: {} });
    await back.next({ type: 'welcome', resumed: true });
    await gateway.untilConnections(user, 1);
    const other = await gateway.connect(t, { user, query: { session: fresh } });
    assert.equal(other.welcome.resumed, false);
    assert.equal(back.closed, null);
    await gateway.untilConnections(user, 2);
  });

  it('§6 resume later than as the first frame is bad_frame', async (t) => {
    const user = unique('ann');
    const before = await gateway.connect(t, { user });
    before.drop();
    const client = await gateway.connect(t, { user });
    await client.ask({ type: 'ping' });
    assert.equal((await client.ask({ type: 'resume', session: before.session, rooms: {} })).code, 'bad_frame');
  });

  for (const wrong of [{ session: 5 }, {}, { session: 'x', rooms: [] }, { session: 'x', rooms: { a: 5 } }, { session: 'x', rooms: { a: { since: 'x' } } }]) {
    it(`§5 bad_frame for resume with ${JSON.stringify(wrong)}`, async (t) => {
      const client = await gateway.connect(t, { user: unique('ann') });
      assert.equal((await client.ask({ type: 'resume', ...wrong })).code, 'bad_frame');
    });
  }

  it('§6 a guest resumes by its name', async (t) => {
    const room = unique('room');
    const user = unique('guest');
    const before = await gateway.connect(t, { query: { user }, rooms: [room] });
    before.drop();
    const back = await gateway.connect(t, { query: { user, session: before.session } });
    assert.equal(back.welcome.resumed, true);
    assert.equal(back.userId, `guest:${user}`);
    await back.next({ type: 'joined', room });
  });

  it('§6 the identity is kept: the session knows its user after auth in band', async (t) => {
    const user = unique('ann');
    const guest = await gateway.connect(t, { query: { user: unique('g') } });
    guest.send({ type: 'auth', token: token({ sub: user }) });
    const welcome = await guest.next({ type: 'welcome', userId: user });
    guest.drop();
    const back = await gateway.connect(t, { user, query: { session: welcome.session } });
    assert.equal(back.welcome.resumed, true);
  });

  it('§6 nothing is lost and nothing doubled over many blinks', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const writer = await gateway.connect(t, { user: unique('bob') });
    let client = await gateway.connect(t, { user, rooms: [room] });
    const { epoch } = client.joined[room];
    const heard = [];
    const { session } = client;
    let sent = 0;
    for (let blink = 0; blink < 8; blink += 1) {
      for (let i = 0; i < 10; i += 1) writer.send({ type: 'message', room, n: (sent += 1) });
      await delay(20 + blink * 5);
      client.drop();
      heard.push(...seqs(client, room));
      for (let i = 0; i < 5; i += 1) writer.send({ type: 'message', room, n: (sent += 1) });
      client = await gateway.connect(t, { user });
      client.send({ type: 'resume', session, rooms: { [room]: { since: heard.at(-1) ?? 0, epoch } } });
      await client.next({ type: 'welcome', resumed: true });
    }
    await client.until('the last', () => seqs(client, room).at(-1) === sent);
    heard.push(...seqs(client, room));
    assert.deepEqual(heard, range(1, sent));
  });
});

suite('§6 sessions and kill -9', { concurrency: 1, settings: { ...UNLIMITED, Presence: { GraceMs: 2_000 } } }, (gateway) => {
  it('§6 a killed process loses no session; the epoch changes, and recovered is proven', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const before = await gateway.connect(t, { user, name: 'Ann', rooms: [room] });
    const acks = [];
    for (let i = 0; i < 5; i += 1) acks.push(await before.publish({ room, n: i }));
    await gateway.restart();
    const back = await gateway.connect(t, { user });
    back.send({ type: 'resume', session: before.session, rooms: { [room]: { since: 3, epoch: acks[0].epoch } } });
    assert.equal((await back.next({ type: 'welcome', resumed: true })).session, before.session);
    const joined = await back.next({ type: 'joined', room });
    assert.equal(joined.recovered, true);
    assert.equal(joined.seq, 5);
    assert.notEqual(joined.epoch, acks[0].epoch, 'a restart opens a new epoch');
    await back.until('the replay', () => seqs(back, room).length === 2);
    assert.deepEqual(seqs(back, room), [4, 5]);
    const next = await back.publish({ room });
    assert.equal(next.seq, 6, 'the new epoch goes on counting');
    assert.equal(next.epoch, joined.epoch);
    assert.equal(back.all('gap').length, 0);
  });

  it('§6 what changed in a session is kept too: rooms joined and left later', async (t) => {
    const [early, late, left] = [unique('early'), unique('late'), unique('left')];
    const user = unique('ann');
    const before = await gateway.connect(t, { user, rooms: [early, left] });
    await before.ask({ type: 'join', room: late });
    await before.ask({ type: 'leave', room: left });
    await before.publish({ room: late });
    await gateway.restart();
    const back = await gateway.connect(t, { user, query: { session: before.session } });
    assert.equal(back.welcome.resumed, true);
    await back.next({ type: 'joined', room: early });
    await back.next({ type: 'joined', room: late });
    await back.never({ type: 'joined', room: left }, 300);
  });

  it('§4 after a node\'s death who does not come back leaves once, who does is not seen', async (t) => {
    const room = unique('room');
    const [watch, back, gone] = [unique('watch'), unique('back'), unique('gone')];
    const before = {};
    for (const user of [watch, back, gone]) before[user] = await gateway.connect(t, { user, rooms: [room] });
    await gateway.kill();
    const died = Date.now();
    await gateway.start();
    const watcher = await gateway.connect(t, { user: watch, query: { session: before[watch].session } });
    await gateway.connect(t, { user: back, query: { session: before[back].session } });
    const leaving = await watcher.next({ type: 'user_left', room }, 12_000);
    assert.equal(leaving.userId, gone);
    assert.equal(leaving.reason, 'timeout');
    assert.equal(leaving.count, 2);
    assert.ok(leaving.at - died < 2_000 + 5_000 + 1_500, `after ${leaving.at - died} ms`);
    await watcher.never((f) => f.room === room && (f.type === 'user_left' || f.type === 'user_joined'), 1_500);
    assert.equal(watcher.all({ type: 'user_joined', room }).length, 0);
  });

  it('§6 a guest\'s session survives too', async (t) => {
    const room = unique('room');
    const user = unique('g');
    const before = await gateway.connect(t, { query: { user }, rooms: [room] });
    await before.publish({ room });
    await gateway.restart();
    const back = await gateway.connect(t, { query: { user, session: before.session } });
    assert.equal(back.welcome.resumed, true);
    await back.next({ type: 'joined', room });
  });

  it('§2 a position above the top of the new epoch is not taken for recovered', async (t) => {
    const room = unique('room');
    const before = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    const { epoch } = await before.publish({ room });
    await gateway.restart();
    const back = await gateway.connect(t, { user: unique('ann') });
    const joined = await back.ask({ type: 'join', room, since: 9, epoch });
    assert.equal(joined.recovered, false);
    await back.next('gap');
  });

  it('§3 receipts survive', async (t) => {
    const room = unique('room');
    const ann = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    const bob = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    await ann.publish({ room });
    bob.send({ type: 'read', room, seq: 1 });
    await ann.next('receipt');
    await gateway.restart();
    const back = await gateway.connect(t, { user: unique('eve'), rooms: [room] });
    assert.deepEqual(back.joined[room].receipts, [{ userId: bob.userId, status: 'read', seq: 1 }]);
  });

  it('§6 a graceful stop loses none either', async (t) => {
    const own = await gatewayFor(t, { settings: { Drain: { WindowMs: 200 } } });
    const before = await own.connect(t, { user: 'ann', rooms: ['r'] });
    await before.publish({ room: 'r' });
    assert.equal((await own.terminate()).code, 0);
    await own.start();
    const back = await own.connect(t, { user: 'ann', query: { session: before.session } });
    assert.equal(back.welcome.resumed, true);
    assert.equal((await back.next({ type: 'joined', room: 'r' })).seq, 1);
  });
});
