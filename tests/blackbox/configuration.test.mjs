// PROTOCOL §10: what stops the start, and says why.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { gatewayFor } from './harness/gateway.mjs';
import { SIGNING_KEY } from './harness/jwt.mjs';
import { unique } from './harness/waiting.mjs';

async function refusedStart(t, options, ...named) {
  const gateway = await gatewayFor(t, options, { start: false });
  await gateway.launch();
  const { code } = await gateway.ended();
  assert.notEqual(code, 0, gateway.logTail());
  for (const name of named) assert.ok(gateway.logText().includes(name), `"${name}" is not named:\n${gateway.logTail()}`);
  return gateway;
}

describe('§10 configuration', { concurrency: 2 }, () => {
  const wrong = {
    'Limits__EventsPerSecond': 'many',
    'Limits__FrameBytes': '-1',
    'Presence__GraceMs': '-5',
    'Session__ResumeMs': 'soon',
    'Engine': 'cassandra',
    'Namespaces__news__Mode': 'loud',
    'Namespaces__news__HistorySize': '-1',
    'Auth__AllowAnonymous': 'perhaps',
  };
  for (const [key, value] of Object.entries(wrong)) {
    const name = key.split('__').at(-1);
    it(`§10 a wrong value stops the start and names ${name}`, async (t) => {
      await refusedStart(t, { variables: { [`Gateway__${key}`]: value } }, name);
    });
  }

  for (const key of ['Presense__GraceMs', 'Limits__EventPerSecond', 'Colour', 'Namespaces__news__Histroy']) {
    const name = key.startsWith('Presense') ? 'Presense' : key.split('__').at(-1);
    it(`§10 an unknown key stops the start and is named: ${name}`, async (t) => {
      await refusedStart(t, { variables: { [`Gateway__${key}`]: '1' } }, name);
    });
  }

  it('§10 a wrong right of a namespace stops the start', async (t) => {
    await refusedStart(t, { settings: { Namespaces: { news: { Rights: ['join', 'fly'] } } } }, 'Rights');
  });

  it('§10 outside Development: refused without a key', async (t) => {
    await refusedStart(t, { environment: 'Production', settings: { Auth: { SigningKey: undefined } } }, 'SigningKey');
    await refusedStart(t, { environment: 'Staging', settings: { Auth: undefined } }, 'SigningKey');
  });

  it('§10 outside Development: 31 bytes of key are refused, and never printed', async (t) => {
    const short = 'q'.repeat(31);
    const gateway = await refusedStart(t, { environment: 'Production', settings: { Auth: { SigningKey: short } } }, 'SigningKey');
    assert.ok(!gateway.logText().includes(short));
  });

  it('§10 32 bytes are enough', async (t) => {
    const gateway = await gatewayFor(t, { environment: 'Production', settings: { Auth: { SigningKey: 'é'.repeat(16) } } });
    assert.equal((await gateway.http('GET', '/health/ready')).status, 200);
  });

  it('§10 a JWKS file that is missing or no JWKS stops the start', async (t) => {
    await refusedStart(t, { environment: 'Production', settings: { Auth: { SigningKey: undefined, JwksFile: 'nowhere.json' } } }, 'JwksFile');
  });

  it('§10 Development needs no configuration at all', async (t) => {
    const gateway = await gatewayFor(t, { settings: { Auth: undefined, Api: undefined, DataDir: undefined } });
    const client = await gateway.connect(t, { query: { user: 'ann', name: 'Ann' } });
    await client.next({ type: 'joined', room: 'lobby' });
    await client.publish({ content: 'hi' });
    const { existsSync } = await import('node:fs');
    assert.ok(existsSync(gateway.dataDirectory), 'DataDir is "data" in the working directory');
  });

  it('§10 NodeId and DataDir, and a setting of chat changes that setting alone', async (t) => {
    const gateway = await gatewayFor(t, { settings: { NodeId: 'node-7', Namespaces: { chat: { DefaultHistory: 2 } } } });
    const room = unique('room');
    await gateway.publishLines(room, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    const client = await gateway.connect(t, { user: unique('ann'), rooms: [room] });
    assert.equal(client.welcome.node, 'node-7');
    await client.until('two', () => client.all('message').length === 2);
    assert.ok(Array.isArray(client.joined[room].users), 'presence is still on');
    assert.deepEqual(client.joined[room].receipts, []);
    assert.equal((await client.publish({ room })).seq, 4);
  });

  it('§10 two processes on one DataDir: the second does not start', async (t) => {
    const first = await gatewayFor(t);
    const second = await gatewayFor(t, { settings: { DataDir: first.dataDirectory } }, { start: false });
    await second.launch();
    const { code } = await second.ended();
    assert.notEqual(code, 0);
    assert.equal((await first.http('GET', '/health/ready')).status, 200);
  });

  it('§5 no token and no payload in the log', async (t) => {
    const gateway = await gatewayFor(t);
    const secret = 'tr0ub4dor-and-3';
    const client = await gateway.connect(t, { user: unique('ann'), how: 'query', rooms: ['r'] });
    await client.publish({ room: 'r', content: secret });
    await gateway.refused({ query: { token: `a.${secret}.c` } });
    await client.close();
    await gateway.terminate();
    const text = gateway.logText();
    assert.ok(!text.includes(secret));
    assert.ok(!text.includes('eyJ'), 'no token');
    assert.ok(!text.includes(SIGNING_KEY));
  });
});
