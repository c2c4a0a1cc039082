// PROTOCOL §1: sockets without a user, auth on the open socket, renewal and the end of a token.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';

import { Gateway, suite } from './harness/gateway.mjs';
import { SIGNING_KEY, ecKey, rsaKey, token } from './harness/jwt.mjs';
import { delay, unique, until } from './harness/waiting.mjs';

const inSeconds = (s) => Math.floor(Date.now() / 1000) + s;

suite('§1 without a user', { concurrency: 8, environment: 'Production', settings: { DefaultRoom: 'lobby' } }, (gateway) => {
  it('§1 outside Development no token opens a socket that waits for auth', async (t) => {
    const client = gateway.open({ t });
    await client.opened();
    await client.never('welcome', 300);
    const user = unique('ann');
    client.send({ type: 'auth', token: token({ sub: user, name: 'Ann' }), id: 'a1' });
    const welcome = await client.next('welcome');
    assert.equal(welcome.userId, user);
    assert.equal(welcome.name, 'Ann');
    assert.equal(welcome.id, 'a1', 'the answer bears the id of the command');
    await client.next({ type: 'joined', room: 'lobby' });
  });

  it('§1 only auth and ping are served before; anything else is unauthorized and the socket stays', async (t) => {
    const client = gateway.open({ t });
    await client.opened();
    assert.equal((await client.ask({ type: 'ping', t: 7 })).type, 'pong');
    for (const frame of [{ type: 'join', room: 'a' }, { type: 'message', content: 'x' }, { type: 'history' }, { type: 'presence' },
      { type: 'typing' }, { type: 'resume', session: 'x' }]) {
      const answer = await client.ask(frame);
      assert.equal(answer.type, 'error', frame.type);
      assert.equal(answer.code, 'unauthorized', frame.type);
    }
    client.send({ type: 'auth', token: token({ sub: unique('ann') }) });
    await client.next('welcome');
  });

  it('§1 no auth within 5 s: 4001', async (t) => {
    const client = gateway.open({ t });
    await client.opened();
    const from = Date.now();
    const { code } = await client.closing(9_000);
    assert.equal(code, 4001);
    const took = Date.now() - from;
    assert.ok(took > 4_000 && took < 8_000, `closed after ${took} ms`);
  });

  it('§1 a ping does not put off the 5 s', async (t) => {
    const client = gateway.open({ t });
    await client.opened();
    const timer = setInterval(() => client.open && client.send({ type: 'ping' }), 500);
    t.after(() => clearInterval(timer));
    assert.equal((await client.closing(9_000)).code, 4001);
  });

  for (const [what, bad] of Object.entries({
    'an expired token': () => token({ sub: 'ann', exp: inSeconds(-5) }),
    'garbage': () => 'garbage',
    'another key': () => token({ sub: 'ann' }, { key: 'x'.repeat(40) }),
    'a guest id': () => token({ sub: 'guest:ann' }),
  })) {
    it(`§1 a bad token in auth closes with 4001: ${what}`, async (t) => {
      const client = gateway.open({ t });
      await client.opened();
      client.send({ type: 'auth', token: bad() });
      assert.equal((await client.closing()).code, 4001);
    });
  }

  it('§1 the rooms of the URL are joined once the user is known', async (t) => {
    const room = unique('room');
    const client = gateway.open({ t, rooms: [room] });
    await client.opened();
    client.send({ type: 'auth', token: token({ sub: unique('ann') }) });
    await client.next({ type: 'joined', room });
  });

  it('§1 auth of the same user renews in place', async (t) => {
    const user = unique('ann');
    const client = await gateway.connect(t, { user });
    const answer = await client.ask({ type: 'auth', token: token({ sub: user, exp: inSeconds(600) }) });
    assert.equal(answer.type, 'auth');
    assert.ok(answer.expiresInMs > 590_000 && answer.expiresInMs <= 601_000, `${answer.expiresInMs}`);
    assert.equal(client.all('welcome').length, 1);
  });

  it('§1 rooms that the fresh token no longer allows are left with forbidden', async (t) => {
    const user = unique('ann');
    const [kept, lost] = [unique('kept'), unique('lost')];
    const watcher = await gateway.connect(t, { user: unique('bob'), rooms: [lost] });
    const client = await gateway.connect(t, { user, rooms: [kept, lost] });
    client.send({ type: 'auth', token: token({ sub: user, rooms: { [kept]: ['join', 'publish'] } }) });
    await client.next('auth');
    const error = await client.next({ type: 'error', code: 'forbidden' });
    assert.equal(error.room, lost);
    await watcher.publish({ room: lost, content: 'secret' });
    await watcher.publish({ room: kept, content: 'open' });
    assert.equal((await client.next('message')).content, 'open');
    assert.equal(client.all({ content: 'secret' }).length, 0);
  });

  it('§1 auth of another user is unauthorized, and the connection goes on as before', async (t) => {
    const user = unique('ann');
    const room = unique('room');
    const client = await gateway.connect(t, { user, rooms: [room] });
    const other = await gateway.connect(t, { user: unique('bob'), rooms: [room] });
    const answer = await client.ask({ type: 'auth', token: token({ sub: unique('mallory') }) });
    assert.equal(answer.code, 'unauthorized');
    await client.publish({ room, content: 'x' });
    assert.equal((await other.next('message')).senderId, user);
  });

  it('§1 token_expiring comes right after welcome where little is left, and 4001 at the end', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann'), claims: { exp: inSeconds(4) } });
    const expiring = await client.next('token_expiring');
    assert.ok(expiring.inMs > 0 && expiring.inMs <= 4_000, `${expiring.inMs}`);
    assert.equal(client.frames[1]?.type, 'token_expiring');
    const from = Date.now();
    assert.equal((await client.closing(8_000)).code, 4001);
    const off = Date.now() - from - expiring.inMs;
    assert.ok(Math.abs(off) < 2_000, `${off} ms off`);
  });

  it('§1 token_expiring comes when less than 60 s are left, not before', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann'), claims: { exp: inSeconds(63) } });
    await client.never('token_expiring', 1_000);
    const expiring = await client.next('token_expiring', 6_000);
    assert.ok(expiring.inMs > 50_000 && expiring.inMs <= 60_000, `${expiring.inMs}`);
  });

  it('§1 a renewed token outlives the first', async (t) => {
    const user = unique('ann');
    const client = await gateway.connect(t, { user, claims: { exp: inSeconds(3) } });
    client.send({ type: 'auth', token: token({ sub: user }) });
    await client.next('auth');
    await delay(4_000);
    assert.equal(client.closed, null);
    assert.equal((await client.ask({ type: 'ping' })).type, 'pong');
  });

  it('§1 no guests outside Development', async (t) => {
    const client = gateway.open({ t, query: { user: 'ann', name: 'Ann' } });
    await client.opened();
    await client.never('welcome', 300);
  });
});

describe('§1 keys of a JWKS, and a token at the handshake', { concurrency: 8 }, () => {
  const rsa = rsaKey('rsa-1');
  const ec = ecKey('ec-1');
  const stranger = rsaKey('rsa-1');
  const gateway = new Gateway({ environment: 'Production' });
  gateway.settings.Auth = {
    JwksFile: join(gateway.directory, 'keys.json'), RequireAtHandshake: true, Issuer: 'https://issuer.example', Audience: 'gateway',
  };
  const claims = { iss: 'https://issuer.example', aud: 'gateway' };

  before(async () => {
    writeFileSync(gateway.settings.Auth.JwksFile, JSON.stringify({ keys: [rsa.jwk, ec.jwk] }));
    await gateway.start();
  });
  after(() => gateway.dispose());

  for (const key of [rsa, ec]) {
    it(`§1 ${key.alg} from a JWKS file is accepted`, async (t) => {
      const user = unique('ann');
      assert.equal((await gateway.connect(t, { token: key.token({ sub: user, ...claims }) })).userId, user);
    });
  }

  it('§1 no token with RequireAtHandshake: 401', async () => {
    assert.equal((await gateway.refused()).status, 401);
  });

  it('§1 a key of the same name but not in the set is refused', async () => {
    assert.equal((await gateway.refused({ token: stranger.token({ sub: 'ann', ...claims }) })).status, 401);
  });

  it('§1 algorithm confusion: HS256 with the public key as the secret is refused', async () => {
    for (const secret of [rsa.pem, JSON.stringify(rsa.jwk), rsa.jwk.n, Buffer.from(rsa.jwk.n, 'base64url')]) {
      const forged = token({ sub: 'ann', ...claims }, { key: secret, alg: 'HS256', kid: rsa.kid });
      assert.equal((await gateway.refused({ token: forged })).status, 401);
    }
  });

  it('§1 a key that the token brings along (jwk) is not believed', async () => {
    const forged = token({ sub: 'ann', ...claims }, { key: stranger.privateKey, alg: 'RS256', header: { jwk: stranger.jwk } });
    assert.equal((await gateway.refused({ token: forged })).status, 401);
  });

  it('§1 an algorithm of another kind of key is refused', async () => {
    const forged = token({ sub: 'ann', ...claims }, { key: rsa.privateKey, alg: 'RS256', kid: ec.kid });
    assert.equal((await gateway.refused({ token: forged })).status, 401);
  });

  it('§10 another issuer or audience is refused', async () => {
    assert.equal((await gateway.refused({ token: rsa.token({ sub: 'ann', ...claims, iss: 'https://other.example' }) })).status, 401);
    assert.equal((await gateway.refused({ token: rsa.token({ sub: 'ann', ...claims, aud: 'shop' }) })).status, 401);
    assert.equal((await gateway.refused({ token: rsa.token({ sub: 'ann' }) })).status, 401);
  });

  it('§1 the key of another gateway is worth nothing here', async () => {
    assert.equal((await gateway.refused({ token: token({ sub: 'ann', ...claims }, { key: SIGNING_KEY }) })).status, 401);
  });

  it('§1 no default room outside Development: an event without a room is bad_room', async (t) => {
    const client = await gateway.connect(t, { token: rsa.token({ sub: unique('ann'), ...claims }) });
    assert.equal((await client.ask({ type: 'message', content: 'x' })).code, 'bad_room');
    await client.never('joined', 100);
  });
});

describe('§1 keys from a URL', { concurrency: 1 }, () => {
  const [first, second] = [rsaKey('first'), ecKey('second')];
  let served = [first.jwk];
  let asked = 0;
  const issuer = createServer((_, response) => {
    asked += 1;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: served }));
  });
  const gateway = new Gateway({ environment: 'Production' });

  before(async () => {
    await new Promise((done) => issuer.listen(0, '127.0.0.1', done));
    gateway.settings.Auth = { JwksUrl: `http://127.0.0.1:${issuer.address().port}/keys`, RequireAtHandshake: true };
    await gateway.start();
  });
  after(async () => {
    await gateway.dispose();
    issuer.close();
    issuer.closeAllConnections();
  });

  it('§1 a key of Auth:JwksUrl is accepted, another is not', async (t) => {
    const user = unique('ann');
    assert.equal((await gateway.connect(t, { token: first.token({ sub: user }) })).userId, user);
    assert.equal((await gateway.refused({ token: second.token({ sub: user }) })).status, 401);
  });

  it('§1 forged key ids do not make it ask the issuer each time', async () => {
    const before = asked;
    for (let i = 0; i < 30; i += 1) {
      const forged = token({ sub: 'ann' }, { key: second.privateKey, alg: 'ES256', kid: `forged-${i}` });
      assert.equal((await gateway.refused({ token: forged })).status, 401);
    }
    assert.ok(asked - before <= 2, `asked ${asked - before} times`);
  });

  it('§1 a key that was added is learnt, without a restart', async (t) => {
    served = [first.jwk, second.jwk];
    const user = unique('ann');
    const connected = await until('the new key to be learnt', () =>
      gateway.connect(t, { token: second.token({ sub: user }) }).catch(() => null), { ms: 25_000, every: 500 });
    assert.equal(connected.userId, user);
    issuer.close();
    issuer.closeAllConnections();
    assert.equal((await gateway.connect(t, { token: first.token({ sub: user }) })).userId, user, 'the keys stay while the issuer is away');
  });
});
