// PROTOCOL §5: every error code, the limits, and clients that mean harm.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { UNLIMITED, gatewayFor, suite } from './harness/gateway.mjs';
import { OPCODE, RawSocket, frame } from './harness/raw.mjs';
import { delay, unique, until } from './harness/waiting.mjs';

suite('§5 errors', { concurrency: 8, settings: { ...UNLIMITED, Limits: { ...UNLIMITED.Limits, RoomsPerConnection: 5 } } }, (gateway) => {
  const alive = async (client) => assert.equal((await client.ask({ type: 'ping' })).type, 'pong');

  const deep = (n) => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`;
  for (const [what, text] of Object.entries({
    'no JSON': 'hello',
    'a torn object': '{"type":"message"',
    'an object and more': '{"type":"ping"} x',
    'two objects': '{}{}',
    'nothing': '',
    'blanks': '   ',
    'a comment': '{"type":"ping"} // hi',
    'a trailing comma': '{"type":"ping",}',
    'single quotes': "{'type':'ping'}",
    'NaN': '{"t":NaN}',
    'a leading zero': '{"t":01}',
    'a lone escape': '{"t":"\\x"}',
    'a control character in text': '{"t":"a\nb"}',
    'deeper than 64': deep(65),
    'far too deep': '['.repeat(20_000),
    'a torn array': '[{"type":"ping"},',
    'an array with a torn element': '[{"type":"ping"},{"a":]',
  })) {
    it(`§5 bad_json: ${what}`, async (t) => {
      const client = await gateway.connect(t, { user: unique('ann') });
      const error = await client.error(text);
      assert.equal(error.code, 'bad_json', error.raw);
      assert.equal(client.all('pong').length, 0, 'decided before anything else');
      await alive(client);
    });
  }

  it('§5 nested 64 deep is fine', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    const room = unique('room');
    client.send(`{"type":"message","room":"${room}","id":"d","a":${deep(63)}}`);
    await client.next({ type: 'ack', id: 'd' });
  });

  for (const text of ['5', '"text"', 'null', 'true']) {
    it(`§5 bad_frame: ${text} is no object`, async (t) => {
      const client = await gateway.connect(t, { user: unique('ann') });
      assert.equal((await client.error(text)).code, 'bad_frame');
      await alive(client);
    });
  }

  it('§5 a key twice is bad_frame and named', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    const error = await client.error('{"type":"message","content":"a","content":"b","id":"x"}');
    assert.equal(error.code, 'bad_frame');
    assert.equal(error.field, 'content');
    const escaped = await client.error('{"type":"message","a":1,"\\u0061":2}');
    assert.equal(escaped.code, 'bad_frame');
  });

  it('§5 an error has code and message and never echoes what was sent', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    const secret = 'tr0ub4dor';
    for (const text of [`{"type":"message","room":"${secret} x","content":"${secret}"}`, `${secret}`, `{"type":"join","room":"a","history":"${secret}"}`,
      `{"type":"message","room":"nobody:a","content":"${secret}"}`, `{"type":"gw.${secret}"}`]) {
      const error = await client.error(text);
      assert.equal(typeof error.code, 'string');
      assert.ok(error.message.length > 0);
      assert.ok(!error.raw.includes(secret), error.raw);
    }
    await delay(100);
    assert.ok(!gateway.logText().includes(secret));
  });

  it('§5 an error about a valid room names it', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    const error = await client.ask({ type: 'join', room: 'nobody:a' });
    assert.equal(error.room, 'nobody:a');
    const room = unique('room');
    assert.equal((await client.ask({ type: 'typing', room })).room, room);
  });

  it('§5 limit: RoomsPerConnection', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [unique('r')] });
    let answer;
    for (let i = 0; i < 7; i += 1) answer = await client.ask({ type: 'join', room: unique('r') });
    assert.equal(answer.code, 'limit', answer.raw);
    const joined = client.all('joined');
    assert.ok(joined.length === 5 || joined.length === 4, `${joined.length} joined`);
    await client.ask({ type: 'leave', room: joined[0].room });
    assert.equal((await client.ask({ type: 'join', room: unique('r') })).type, 'joined');
  });

  it('§6 1007 for text that is not UTF-8', async (t) => {
    for (const bytes of [[0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc0, 0x80, 0x22]]) {
      const raw = await RawSocket.open(gateway.port, '/ws', { t });
      raw.write(frame(OPCODE.text, Buffer.from(bytes)));
      await raw.until('the close', () => raw.closeCode);
      assert.equal(raw.closeCode, 1007);
    }
  });

  it('§6 1009 for a frame over maxFrameBytes, whole or in fragments; one of that size is taken', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann') });
    const shell = JSON.stringify({ type: 'message', room, id: 'big', pad: '' }).length;
    client.send({ type: 'message', room, id: 'big', pad: 'x'.repeat(65_536 - shell) });
    await client.next({ type: 'ack', id: 'big' });
    client.send({ type: 'message', room, id: 'big2', pad: 'x'.repeat(65_536 - shell) });
    assert.equal((await client.closing()).code, 1009);
    const raw = await RawSocket.open(gateway.port, '/ws', { t });
    raw.write(frame(OPCODE.text, '{"a":"', { fin: false }));
    for (let i = 0; i < 40; i += 1) raw.write(frame(OPCODE.continuation, 'x'.repeat(2_000), { fin: false }));
    await raw.until('the close', () => raw.closeCode);
    assert.equal(raw.closeCode, 1009);
  });

  it('a frame that announces an absurd length is refused without waiting for it', async (t) => {
    const raw = await RawSocket.open(gateway.port, '/ws', { t });
    const head = Buffer.alloc(14);
    head[0] = 0x81;
    head[1] = 0xff;
    head.writeBigUInt64BE(1n << 40n, 2);
    raw.write(head);
    await raw.until('the close', () => raw.closeCode ?? raw.ended);
    assert.ok([1009, 1002, null].includes(raw.closeCode), `${raw.closeCode}`);
  });

  it('fragments make one text, with control frames between', async (t) => {
    const room = unique('room');
    const raw = await RawSocket.open(gateway.port, `/ws?room=${room}`, { t });
    const text = Buffer.from(JSON.stringify({ type: 'message', room, id: 'frag', content: 'é😀' }));
    for (let i = 0; i < text.length; i += 1) {
      const last = i === text.length - 1;
      raw.write(frame(i === 0 ? OPCODE.text : OPCODE.continuation, text.subarray(i, i + 1), { fin: last }));
      if (i === 10) raw.write(frame(OPCODE.ping, 'mid'));
    }
    await raw.until('the ack', () => raw.messages.some((m) => m.type === 'ack' && m.id === 'frag'));
    assert.ok(raw.frames.some((f) => f.opcode === OPCODE.pong), 'the ping in between is answered');
    assert.equal((await gateway.allEvents(room))[0].content, 'é😀');
  });

  it('a broken WebSocket peer is closed, and nothing is heard in the log', async (t) => {
    const lines = gateway.log.length;
    const broken = [
      frame(OPCODE.text, '{}', { masked: false }),
      frame(OPCODE.text, '{}', { rsv: 4 }),
      frame(3, ''),
      frame(OPCODE.continuation, 'x'),
      frame(OPCODE.ping, 'x'.repeat(126)),
      frame(OPCODE.ping, 'x', { fin: false }),
      frame(OPCODE.close, Buffer.from([3])),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    ];
    for (const bytes of broken) {
      const raw = await RawSocket.open(gateway.port, '/ws', { t });
      raw.write(bytes);
      await raw.until('the end', () => raw.closeCode ?? raw.ended);
      raw.destroy();
    }
    await delay(150);
    assert.ok(!gateway.log.slice(lines).join('\n').includes('Exception'), gateway.log.slice(lines).join('\n'));
  });

  it('a plain GET on /ws is no server fault', async () => {
    const answer = await gateway.http('GET', '/ws');
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`);
  });
});

suite('§5 rate limits by default', { concurrency: 8 }, (gateway) => {
  it('§5 a burst of 20 events, then rate_limited with retryAfterMs; it is worth waiting', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann') });
    client.send(Array.from({ length: 40 }, (_, n) => ({ type: 'message', room, id: `n${n}` })));
    await client.until('40 answers', () => client.all('ack').length + client.all('error').length === 40);
    const acks = client.all('ack').length;
    assert.ok(acks >= 20 && acks <= 24, `${acks} acked`);
    const errors = client.all('error');
    for (const error of errors) {
      assert.equal(error.code, 'rate_limited');
      assert.ok(error.retryAfterMs > 0 && error.retryAfterMs < 10_000);
      assert.match(error.id, /^n\d+$/);
    }
    await delay(errors[0].retryAfterMs + 50);
    assert.equal((await client.publish({ room, id: 'later' })).seq, acks + 1);
  });

  it('§5 the limit is the user\'s, not the connection\'s, and not others\'', async (t) => {
    const room = unique('room');
    const user = unique('ann');
    const one = await gateway.connect(t, { user });
    const two = await gateway.connect(t, { user });
    const other = await gateway.connect(t, { user: unique('bob') });
    const many = (p) => Array.from({ length: 20 }, (_, n) => ({ type: 'message', room, id: `${p}${n}` }));
    one.send(many('a'));
    two.send(many('b'));
    const answers = (c) => c.all('ack').length + c.all('error').length;
    await one.until('answers', () => answers(one) === 20);
    await two.until('answers', () => answers(two) === 20);
    const acks = one.all('ack').length + two.all('ack').length;
    assert.ok(acks >= 20 && acks <= 25, `${acks} acked`);
    other.send(many('c'));
    await other.until('answers', () => answers(other) === 20);
    assert.equal(other.all('ack').length, 20);
  });

  it('§5 the claim rate raises the limit', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann'), claims: { rate: 500 } });
    for (let round = 0; round < 5; round += 1) {
      client.send(Array.from({ length: 20 }, (_, n) => ({ type: 'message', room, id: `${round}-${n}` })));
      await delay(100);
    }
    await client.until('100 answers', () => client.all('ack').length + client.all('error').length === 100);
    assert.equal(client.all('error').length, 0);
  });

  it('§5 commands: a burst of 150, then rate_limited', async (t) => {
    const client = await gateway.connect(t, { user: unique('ann') });
    client.send(Array.from({ length: 250 }, (_, n) => ({ type: 'ping', id: `p${n}` })));
    await client.until('250 answers', () => client.all('pong').length + client.all('error').length === 250);
    const pongs = client.all('pong').length;
    assert.ok(pongs >= 140 && pongs <= 170, `${pongs} pongs`);
    assert.ok(client.all('error').every((e) => e.code === 'rate_limited' && e.retryAfterMs > 0));
    assert.ok(client.open);
  });

  it('§5 who goes on at ten times a limit for 5 s is closed with 4004, not sooner', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann') });
    const from = Date.now();
    const timer = setInterval(() => client.open && client.send(Array.from({ length: 25 }, () => ({ type: 'message', room }))), 100);
    t.after(() => clearInterval(timer));
    const { code } = await client.closing(15_000);
    assert.equal(code, 4004);
    assert.ok(Date.now() - from > 4_500, `after ${Date.now() - from} ms`);
  });

  it('§5 above the limit but below ten times it is no flooding', async (t) => {
    const room = unique('room');
    const client = await gateway.connect(t, { user: unique('ann') });
    const timer = setInterval(() => client.open && client.send(Array.from({ length: 5 }, () => ({ type: 'message', room }))), 100);
    t.after(() => clearInterval(timer));
    await delay(8_000);
    assert.equal(client.closed, null);
    assert.ok(client.all({ type: 'error', code: 'rate_limited' }).length > 0);
  });
});

suite('§5 refusals at the upgrade', { concurrency: 1, settings: { Limits: { ConnectionsPerUser: 2, ConnectionsPerAddress: 4 } } }, (gateway) => {
  it('§5 429 above ConnectionsPerUser and ConnectionsPerAddress', async (t) => {
    const user = unique('ann');
    const first = await gateway.connect(t, { user });
    await gateway.connect(t, { user });
    assert.equal((await gateway.refused({ user })).status, 429);
    await gateway.connect(t, { user: unique('bob') });
    await gateway.connect(t, { user: unique('bob') });
    assert.equal((await gateway.refused({ user: unique('eve') })).status, 429);
    await first.close();
    await until('a place to be free', () => gateway.connect(t, { user }).catch(() => null), { every: 100 });
  });
});

suite('§5 X-Forwarded-For', { concurrency: 1, settings: { TrustedProxies: ['127.0.0.1'], Limits: { ConnectionsPerAddress: 1 } } }, (gateway) => {
  it('§10 is believed from TrustedProxies, and only its last stranger', async (t) => {
    const from = (address) => ({ user: unique('ann'), headers: { 'X-Forwarded-For': address } });
    await gateway.connect(t, from('203.0.113.1'));
    await gateway.connect(t, from('203.0.113.2'));
    assert.equal((await gateway.refused(from('203.0.113.1'))).status, 429);
    assert.equal((await gateway.refused(from('198.51.100.7, 203.0.113.1'))).status, 429, 'what a client writes in front is not believed');
  });
});

suite('§5 overload', { concurrency: 1, settings: { Limits: { ConnectionsPerNode: 2, ConnectionsPerAddress: 100 } } }, (gateway) => {
  it('§5 503 with Retry-After above ConnectionsPerNode; X-Forwarded-For of nobody trusted is not believed', async (t) => {
    const one = await gateway.connect(t, { user: unique('ann'), headers: { 'X-Forwarded-For': '203.0.113.9' } });
    await gateway.connect(t, { user: unique('ann') });
    const answer = await gateway.refused({ user: unique('ann') });
    assert.equal(answer.status, 503);
    assert.match(answer.headers['retry-after'], /^\d+$/);
    await one.close();
    await until('a place to be free', () => gateway.connect(t, { user: unique('ann') }).catch(() => null), { every: 100 });
  });
});

suite('clients that mean harm', { concurrency: 1 }, (gateway) => {
  /** Round trips of a bystander while something else happens. */
  async function latencyDuring(t, action) {
    const room = unique('room');
    const bystander = await gateway.connect(t, { user: unique('calm'), claims: { rate: 1000 }, rooms: [room] });
    const took = [];
    let done = false;
    const finished = action().finally(() => { done = true; });
    while (!done || took.length < 20) {
      const from = performance.now();
      await bystander.publish({ room, content: 'x' });
      took.push(performance.now() - from);
      await delay(20);
    }
    await finished;
    took.sort((a, b) => a - b);
    return { median: took[took.length >> 1], worst: took.at(-1) };
  }

  it('100,000 malformed frames of one client: others stay fast, the log does not grow', async (t) => {
    const lines = gateway.log.length;
    const bad = ['{', '{"type":', 'x', '{"type":5}', '{"a":1,"a":2}', '\u0000', '{"type":"join","room":"a b"}', '[[[[', '"', '{"id":7}'];
    const burst = Buffer.concat(Array.from({ length: 1_000 }, (_, i) => frame(OPCODE.text, bad[i % bad.length])));
    const raw = await RawSocket.open(gateway.port, '/ws?user=mallory', { t });
    const latency = await latencyDuring(t, async () => {
      for (let i = 0; i < 100 && !raw.ended; i += 1) {
        if (!raw.socket.write(burst)) await Promise.race([new Promise((done) => raw.socket.once('drain', done)), raw.until('the end', () => raw.ended, 60_000)]);
        await delay(1);
      }
      await delay(300);
    });
    assert.ok(latency.median < 150, `median ${latency.median.toFixed(1)} ms`);
    assert.ok(latency.worst < 2_000, `worst ${latency.worst.toFixed(1)} ms`);
    if (raw.closeCode !== null) assert.equal(raw.closeCode, 4004);
    const grown = gateway.log.length - lines;
    assert.ok(grown < 60, `${grown} lines of log:\n${gateway.logTail(5)}`);
    assert.ok(!gateway.logText().includes('Exception'), gateway.logTail());
  });

  it('sockets that never finish the handshake, and one that sends a byte a second, hurt nobody', async (t) => {
    const halves = Array.from({ length: 200 }, () => {
      const raw = new RawSocket(gateway.port);
      t.after(() => raw.destroy());
      raw.write('GET /ws HTTP/1.1\r\nHost: x\r\nUpgr');
      return raw;
    });
    const slow = await RawSocket.open(gateway.port, '/ws?user=slowly', { t });
    const bytes = frame(OPCODE.text, JSON.stringify({ type: 'ping', t: 'at last' }));
    let at = 0;
    const timer = setInterval(() => at < bytes.length && slow.write(bytes.subarray(at, ++at)), 150);
    t.after(() => clearInterval(timer));
    const latency = await latencyDuring(t, () => delay(3_000));
    assert.ok(latency.median < 150, `median ${latency.median.toFixed(1)} ms`);
    await slow.until('the pong', () => slow.messages.some((m) => m.type === 'pong'), 15_000);
    halves.forEach((raw) => raw.destroy());
    assert.equal((await gateway.http('GET', '/health/ready')).status, 200);
  });

  it('sockets that open and vanish leave nothing behind', async (t) => {
    const user = unique('ghost');
    for (let i = 0; i < 100; i += 1) {
      const raw = new RawSocket(gateway.port);
      raw.write(RawSocket.handshake(gateway.port, `/ws?user=${user}`));
      await delay(i % 3);
      raw.destroy();
    }
    await gateway.untilConnections(`guest:${user}`, 0);
    await gateway.connect(t, { query: { user } });
  });

  it('§1 UnauthenticatedPerNode bounds the sockets that have no user', async (t) => {
    const own = await gatewayFor(t, { environment: 'Production', settings: { Limits: { UnauthenticatedPerNode: 3 } } });
    const waiting = [];
    for (let i = 0; i < 3; i += 1) {
      const client = own.open({ t });
      await client.opened();
      // Opened is what the client sees; answered is what the node has counted.
      assert.equal((await client.ask({ type: 'ping' })).type, 'pong');
      waiting.push(client);
    }
    const answer = await own.refused();
    assert.equal(answer.status, 503);
    assert.ok(answer.headers['retry-after'], 'Retry-After');
    await own.connect(t, { user: unique('ann') });
    waiting[0].drop();
    await until('a place to be free', async () => {
      const client = own.open({ t });
      return client.opened().then(() => true, () => false);
    }, { every: 100 });
  });
});
