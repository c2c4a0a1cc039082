// PROTOCOL §1: how a client connects, and who it then is.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { suite } from './harness/gateway.mjs';
import { token } from './harness/jwt.mjs';
import { RawSocket } from './harness/raw.mjs';
import { delay, unique } from './harness/waiting.mjs';

suite('§1 connect', {
  concurrency: 8,
  settings: {
    AllowedOrigins: ['https://app.example.org'],
    Limits: { EventsPerSecond: 1000, EventBurst: 1000, CommandsPerSecond: 1000, CommandBurst: 1000 },
  },
}, (gateway) => {
  for (const path of ['/ws', '/chat', '/socket', '/websocket']) {
    it(`§1 ${path} is the endpoint, and ${path}/NAME names a room`, async (t) => {
      const plain = await gateway.connect(t, { path, user: unique('ann') });
      assert.equal(plain.welcome.type, 'welcome');
      await plain.next({ type: 'joined', room: 'lobby' });
      const room = unique('room');
      const named = await gateway.connect(t, { path: `${path}/${room}`, user: unique('ann') });
      await named.next({ type: 'joined', room });
      await named.never({ type: 'joined', room: 'lobby' }, 150);
    });
  }

  it('§1 welcome has all its fields', async (t) => {
    const user = unique('ann');
    const { welcome } = await gateway.connect(t, { user, name: 'Ann Ünal' });
    assert.equal(welcome.userId, user);
    assert.equal(welcome.name, 'Ann Ünal');
    assert.equal(welcome.resumed, false);
    assert.match(welcome.session, /^[A-Za-z0-9_-]{22,}$/, '128 random bits in letters, digits, - and _');
    assert.equal(typeof welcome.node, 'string');
    assert.ok(welcome.node.length > 0);
    assert.match(welcome.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Math.abs(Date.parse(welcome.time) - Date.now()) < 10_000);
    assert.equal(welcome.heartbeatMs, 20_000);
    assert.equal(welcome.graceMs, 12_000);
    assert.equal(welcome.maxFrameBytes, 65_536);
  });

  it('§1 the name is the user id where the token has none', async (t) => {
    const user = unique('ann');
    const { welcome } = await gateway.connect(t, { user });
    assert.equal(welcome.name, user);
  });

  it('§1 a session id is never given twice', async (t) => {
    const user = unique('ann');
    const sessions = new Set();
    for (let i = 0; i < 5; i += 1) sessions.add((await gateway.connect(t, { user })).session);
    assert.equal(sessions.size, 5);
  });

  it('§1 welcome comes before joined, joined before the replay', async (t) => {
    const room = unique('room');
    await gateway.publishLines(room, [{ type: 'message', content: 'one' }, { type: 'message', content: 'two' }]);
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    await client.until('the replay', () => client.all('message').length === 2);
    assert.deepEqual(client.frames.map((f) => f.type), ['welcome', 'joined', 'message', 'message']);
    assert.deepEqual(client.all('message').map((f) => [f.seq, f.replay]), [[1, true], [2, true]]);
  });

  // -- where the token is ---------------------------------------------------------------------------------------------

  for (const how of ['header', 'query', 'protocol']) {
    it(`§1 a token is taken from the ${how}`, async (t) => {
      const user = unique('ann');
      const client = await gateway.connect(t, { user, how, protocols: ['gateway.v1.json'] });
      assert.equal(client.userId, user);
      assert.equal(client.socket.protocol, 'gateway.v1.json');
    });
  }

  it('§1 the header decides over the subprotocol and the query', async (t) => {
    const header = unique('header');
    const client = await gateway.connect(t, {
      user: header,
      protocols: ['gateway.v1.json', `bearer.${token({ sub: unique('protocol') })}`],
      query: { token: token({ sub: unique('query') }) },
    });
    assert.equal(client.userId, header);
  });

  it('§1 the subprotocol decides over the query', async (t) => {
    const protocol = unique('protocol');
    const client = await gateway.connect(t, {
      user: protocol, how: 'protocol', protocols: ['gateway.v1.json'], query: { token: token({ sub: unique('query') }) },
    });
    assert.equal(client.userId, protocol);
  });

  it('§1 the first token present decides even where it is bad', async () => {
    const bad = { Authorization: 'Bearer not.a.token' };
    const answer = await gateway.refused({ headers: bad, query: { token: token({ sub: unique('ann') }) } });
    assert.equal(answer.status, 401);
    const other = await gateway.refused({
      protocols: ['gateway.v1.json', 'bearer.not.a.token'], query: { token: token({ sub: unique('ann') }) },
    });
    assert.equal(other.status, 401);
  });

  it('§1 the subprotocol gateway.v1.json is echoed, bearer never is', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann'), how: 'protocol', protocols: ['gateway.v1.json'] });
    assert.equal(client.socket.protocol, 'gateway.v1.json');
    const raw = await RawSocket.open(gateway.port, '/ws', {
      t, headers: { 'Sec-WebSocket-Protocol': `gateway.v1.json, bearer.${token({ sub: unique('ann') })}` },
    });
    assert.match(raw.head, /sec-websocket-protocol: gateway\.v1\.json\s*(\r\n|$)/i);
    assert.doesNotMatch(raw.head, /bearer\./);
  });

  it('§1 without a subprotocol none is echoed and the same JSON is spoken', async (t) => {
    const raw = await RawSocket.open(gateway.port, '/ws?user=plain', { t });
    assert.doesNotMatch(raw.head, /sec-websocket-protocol/i);
    await raw.until('welcome', () => raw.messages.some((m) => m.type === 'welcome'));
    assert.ok(raw.frames.every((f) => !f.masked && f.rsv === 0));
  });

  it('§1 permessage-deflate is declined', async (t) => {
    const raw = await RawSocket.open(gateway.port, '/ws?user=deflate', {
      t, headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' },
    });
    assert.doesNotMatch(raw.head, /sec-websocket-extensions/i);
  });

  // -- refusals -------------------------------------------------------------------------------------------------------

  const past = Math.floor(Date.now() / 1000) - 1;
  const soon = Math.floor(Date.now() / 1000);
  const bad = {
    'an expired token': token({ sub: 'ann', exp: past }),
    'a token without exp': token({ sub: 'ann', exp: undefined }),
    'a token without sub': token({ sub: undefined }),
    'a token of another key': token({ sub: 'ann' }, { key: 'another-key-of-more-than-thirty-two-bytes!!' }),
    'an unsigned token (none)': token({ sub: 'ann' }, { alg: 'none' }),
    'an unsigned token (NoNe)': token({ sub: 'ann' }, { alg: 'NoNe' }),
    'nbf more than a minute ahead': token({ sub: 'ann', nbf: soon + 120 }),
    'iat more than a minute ahead': token({ sub: 'ann', iat: soon + 120 }),
    'an empty sub': token({ sub: '' }),
    'a sub of 129 characters': token({ sub: 'a'.repeat(129) }),
    'a sub with a space': token({ sub: 'a b' }),
    'a sub with an umlaut': token({ sub: 'jörg' }),
    'a sub with a slash': token({ sub: 'a/b' }),
    'a sub that plays a guest': token({ sub: 'guest:ann' }),
    'a sub that is an object': token({ sub: { id: 1 } }),
    'a sub that is a truth value': token({ sub: true }),
    'an exp that is text': token({ sub: 'ann', exp: 'tomorrow' }),
    'two parts only': 'a.b',
    'no base64': '!!!.???.###',
    'nothing but dots': '..',
  };
  for (const [what, jwt] of Object.entries(bad)) {
    it(`§1 401 at the upgrade: ${what}`, async () => {
      const answer = await gateway.refused({ token: jwt });
      assert.equal(answer.status, 401, answer.text);
      assert.ok(!answer.text.includes(jwt), 'the token is not echoed');
    });
  }

  it('§1 401 for a bad token wherever it is', async () => {
    assert.equal((await gateway.refused({ token: 'x.y.z', how: 'query' })).status, 401);
    assert.equal((await gateway.refused({ token: 'x.y.z', how: 'protocol', protocols: ['gateway.v1.json'] })).status, 401);
  });

  it('§1 a token whose header was swapped after signing is refused', async () => {
    const [, claims, signature] = token({ sub: 'ann' }).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
    assert.equal((await gateway.refused({ token: `${header}.${claims}.${signature}` })).status, 401);
    assert.equal((await gateway.refused({ token: `${header}.${claims}.` })).status, 401);
  });

  it('§1 60 s of leeway on nbf and iat', async (t) => {
    const now = Math.floor(Date.now() / 1000);
    const user = unique('ann');
    const client = await gateway.connect(t, { user, claims: { nbf: now + 30, iat: now + 30 } });
    assert.equal(client.userId, user);
  });

  for (const alg of ['HS256', 'HS384', 'HS512']) {
    it(`§1 ${alg} is accepted`, async (t) => {
      const user = unique('ann');
      assert.equal((await gateway.connect(t, { token: token({ sub: user }, { alg }) })).userId, user);
    });
  }

  for (const sub of ['a', 'a'.repeat(128), 'A.b_c-d:e@f|g+h=i~9', 'user@example.org', 'auth0|5f7c']) {
    it(`§1 the sub "${sub.slice(0, 24)}" is accepted`, async (t) => {
      assert.equal((await gateway.connect(t, { user: sub })).userId, sub);
    });
  }

  it('§1 a sub that is a number is its text', async (t) => {
    assert.equal((await gateway.connect(t, { user: 4711 })).userId, '4711');
  });

  // -- Origin ---------------------------------------------------------------------------------------------------------

  it('§1 the own host and the allowed origins pass, so does none', async (t) => {
    const user = unique('ann');
    await gateway.connect(t, { user, headers: { Origin: `http://127.0.0.1:${gateway.port}` } });
    await gateway.connect(t, { user, headers: { Origin: 'https://app.example.org' } });
    await gateway.connect(t, { user });
  });

  for (const origin of ['https://evil.example.org', 'https://app.example.org.evil.com', 'https://evil-app.example.org', 'null', 'http://127.0.0.1:1']) {
    it(`§1 403 for the origin ${origin}`, async () => {
      const answer = await gateway.refused({ user: unique('ann'), headers: { Origin: origin } });
      assert.equal(answer.status, 403);
    });
  }

  // -- guests ---------------------------------------------------------------------------------------------------------

  it('§1 a guest is guest:NAME, or has a random id', async (t) => {
    const name = unique('ann');
    const named = await gateway.connect(t, { query: { user: name, name: 'Ann' } });
    assert.equal(named.userId, `guest:${name}`);
    assert.equal(named.welcome.name, 'Ann');
    const one = await gateway.connect(t);
    const two = await gateway.connect(t);
    assert.match(one.userId, /^guest:.+/);
    assert.match(two.userId, /^guest:.+/);
    assert.notEqual(one.userId, two.userId);
  });

  it('§1 guests have the rights of the namespace', async (t) => {
    const room = unique('room');
    const guest = await gateway.connect(t, { rooms: [room] });
    assert.ok(Array.isArray(guest.joined[room].users));
    assert.equal((await guest.publish({ room, content: 'hi' })).seq, 1);
    assert.equal((await guest.ask({ type: 'history', room })).events.length, 1);
  });

  it('§1 a bad guest id does not become a user id', async (t) => {
    const client = gateway.open({ query: { user: 'a b/c' }, t });
    const outcome = await Promise.race([
      client.next('welcome').then((w) => w.userId),
      new Promise((done) => client.socket.on('unexpected-response', (_, r) => done(r.statusCode))),
    ]);
    if (typeof outcome === 'string') assert.match(outcome, /^guest:[A-Za-z0-9._:@|+=~-]+$/);
    else assert.ok(outcome >= 400 && outcome < 500);
  });

  it('§1 a guest that sends auth becomes that user with a new welcome', async (t) => {
    const guest = await gateway.connect(t, { query: { user: unique('ann') } });
    const user = unique('real');
    guest.send({ type: 'auth', token: token({ sub: user, name: 'Real' }) });
    const welcome = await guest.next({ type: 'welcome', userId: user });
    assert.equal(welcome.name, 'Real');
    const room = unique('room');
    const other = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    await guest.publish({ room, content: 'x' });
    assert.equal((await other.next('message')).senderId, user);
  });

  // -- rooms of the URL and the claim ---------------------------------------------------------------------------------

  it('§1 room= may be repeated, and the first is the default room', async (t) => {
    const [a, b] = [unique('a'), unique('b')];
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [a, b] });
    assert.equal((await client.publish({ content: 'x' })).room, a);
  });

  it('§1 a path name comes before room=', async (t) => {
    const [path, query] = [unique('p'), unique('q')];
    const client = await gateway.connect(t, { path: `/ws/${path}`, user: unique('ann'), rooms: [query] });
    await client.next({ type: 'joined', room: path });
    assert.equal((await client.publish({ content: 'x' })).room, path);
  });

  it('§1 the rooms of the claim join are joined, and are no fallback only', async (t) => {
    const [a, b, url] = [unique('a'), unique('b'), unique('u')];
    const client = await gateway.connect(t, { user: unique('ann'), claims: { join: [a, b] } });
    await client.next({ type: 'joined', room: a });
    await client.next({ type: 'joined', room: b });
    assert.equal((await client.publish({ content: 'x' })).room, a);
    await client.never({ type: 'joined', room: 'lobby' }, 100);
    const both = await gateway.connect(t, { user: unique('ann'), rooms: [url], claims: { join: [a] } });
    await both.next({ type: 'joined', room: a });
    assert.equal((await both.publish({ content: 'x' })).room, url);
  });

  it('§1 DefaultRoom is lobby in Development', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    await client.next({ type: 'joined', room: 'lobby' });
    assert.equal((await client.publish({ content: 'x' })).room, 'lobby');
  });

  it('§1 history=N says how much a join by URL replays', async (t) => {
    const room = unique('room');
    await gateway.publishLines(room, Array.from({ length: 60 }, (_, i) => ({ type: 'message', n: i + 1 })));
    const three = await gateway.connect(t, { user: unique('ann'), rooms: [room], query: { history: 3 } });
    await three.until('three replayed', () => three.all('message').length >= 3);
    const none = await gateway.connect(t, { user: unique('ann'), rooms: [room], query: { history: 0 } });
    const usual = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    await usual.until('fifty replayed', () => usual.all('message').length >= 50);
    await delay(200);
    assert.deepEqual(three.all('message').map((m) => m.n), [58, 59, 60]);
    assert.equal(none.all('message').length, 0);
    assert.equal(usual.all('message').length, 50);
    assert.equal(usual.all('message')[0].seq, 11);
  });

  // -- rights ---------------------------------------------------------------------------------------------------------

  it('§1 the claim rooms grants what it names and nothing else', async (t) => {
    const [news, other] = [unique('news'), unique('other')];
    const client = await gateway.connect(t, {
      user: unique('ann'), claims: { rooms: { [news]: ['join'] } }, rooms: [],
    });
    const joined = await client.ask({ type: 'join', room: news });
    assert.equal(joined.type, 'joined');
    assert.equal(joined.users, undefined, 'no right presence, no users');
    assert.equal(typeof joined.count, 'number');
    assert.equal((await client.ask({ type: 'message', room: news, content: 'x' })).code, 'forbidden');
    assert.equal((await client.ask({ type: 'history', room: news })).code, 'forbidden');
    assert.equal((await client.ask({ type: 'presence', room: news })).code, 'forbidden');
    assert.equal((await client.ask({ type: 'join', room: other })).code, 'forbidden');
  });

  it('§1 without the right history a join replays nothing', async (t) => {
    const room = unique('room');
    await gateway.publishLines(room, [{ content: 'old' }]);
    const client = await gateway.connect(t, { user: unique('ann'), claims: { rooms: { [room]: ['join'] } } });
    const joined = await client.ask({ type: 'join', room, since: 0 });
    assert.ok(['joined', 'error'].includes(joined.type));
    if (joined.type === 'joined') assert.notEqual(joined.recovered, true);
    await client.ask({ type: 'join', room, history: 10 });
    await client.never('message', 200);
    assert.equal(client.all('message').length, 0);
  });

  it('§1 publishing needs the right publish, not join', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann'), claims: { rooms: { [room]: ['publish'] } } });
    assert.equal((await client.publish({ room, content: 'x' })).seq, 1);
    assert.equal((await client.ask({ type: 'join', room })).code, 'forbidden');
  });

  it('§1 a key that ends in * matches by prefix and the longest match decides', async (t) => {
    const p = unique('p');
    const client = await gateway.connect(t, {
      user: unique('ann'),
      claims: { rooms: { [`${p}*`]: ['join'], [`${p}-open*`]: ['join', 'publish'], [`${p}-open-shut`]: ['join'] } },
    });
    assert.equal((await client.ask({ type: 'message', room: `${p}-1`, content: 'x' })).code, 'forbidden');
    assert.equal((await client.publish({ room: `${p}-open-1`, content: 'x' })).seq, 1);
    assert.equal((await client.ask({ type: 'message', room: `${p}-open-shut`, content: 'x' })).code, 'forbidden');
    assert.equal((await client.ask({ type: 'join', room: `${p}-open-shut` })).type, 'joined');
  });

  it('§1 * alone matches every namespace but user', async (t) => {
    const user = unique('ann');
    const client = await gateway.connect(t, { user, claims: { rooms: { '*': ['join', 'publish', 'history', 'presence'] } } });
    assert.equal((await client.ask({ type: 'join', room: unique('r') })).type, 'joined');
    assert.equal((await client.ask({ type: 'join', room: 'user:somebody-else' })).code, 'forbidden');
    assert.equal((await client.ask({ type: 'message', room: 'user:somebody-else', content: 'x' })).code, 'forbidden');
  });

  it('§1 a user\'s own room keeps join and history whatever the claim says', async (t) => {
    const user = unique('ann');
    const client = await gateway.connect(t, { user, claims: { rooms: {} } });
    const answer = await gateway.api('POST', `/v1/users/${user}/events`, { type: 'notice', content: 'psst' });
    assert.equal(answer.status, 200, answer.text);
    const event = await client.next('notice');
    assert.equal(event.room, `user:${user}`);
    assert.equal((await client.ask({ type: 'join', room: `user:${user}` })).type, 'joined');
    assert.equal((await client.ask({ type: 'history', room: `user:${user}` })).events.length, 1);
    assert.equal((await client.ask({ type: 'message', room: `user:${user}`, content: 'x' })).code, 'forbidden');
  });

  it('§1 a room of the URL that the token does not allow is the error forbidden, the rest is joined', async (t) => {
    const [yes, no] = [unique('yes'), unique('no')];
    const client = gateway.open({ t, user: unique('ann'), claims: { rooms: { [yes]: ['join'] } }, rooms: [no, yes] });
    await client.next('welcome');
    await client.next({ type: 'joined', room: yes });
    assert.equal((await client.next('error')).code, 'forbidden');
  });
});

suite('§1 AllowedOrigins *', { concurrency: 4, settings: { AllowedOrigins: ['*'], DefaultRoom: 'hall' } }, (gateway) => {
  it('§1 with * any origin passes', async (t) => {
    await gateway.connect(t, { user: unique('ann'), headers: { Origin: 'https://anywhere.example' } });
  });

  it('§10 DefaultRoom can be set', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    await client.next({ type: 'joined', room: 'hall' });
  });
});
