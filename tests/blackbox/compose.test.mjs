// The deployment: docker-compose.yml, Dockerfile and the files they mount, as far as they can be tried without Docker. The services run as
// plain processes; no image is built here.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, chmodSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { REPOSITORY, faults, interpolate, rawCompose, text, upstreams, withVariables } from './harness/compose.mjs';
import { Deployment, Service, VARIABLES } from './harness/deployment.mjs';
import { copied, ignored, replayBuild, stages } from './harness/dockerfile.mjs';
import { gatewayFor } from './harness/gateway.mjs';
import { unique, until } from './harness/waiting.mjs';

const installed = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
const lack = ['redis-server', 'redis-cli', 'nginx'].filter((command) => !installed(command));

describe('docker-compose.yml', () => {
  it('holds every rule', () => assert.deepEqual(faults(), []));

  // Each rule can fail: the file is doctored, and the fault is named.
  const doctored = [
    ['a health check is missing', 'redis: no health check', (c) => delete c.services.redis.healthcheck],
    ['a restart policy is missing', 'gateway-2: no restart policy', (c) => delete c.services['gateway-2'].restart],
    ['an image floats', 'redis: the image redis:7 is not pinned', (c) => { c.services.redis.image = 'redis:7'; }],
    ['Redis is published', 'redis: publishes a port', (c) => { c.services.redis.ports = ['6379:6379']; }],
    ['a mounted file is not there', 'balancer: ./deploy/none.conf does not exist', (c) => { c.services.balancer.volumes = ['./deploy/none.conf:/a:ro']; }],
    ['a secret is written down', 'gateway-1: Gateway__Auth__SigningKey has a secret that is not a required variable',
      (c) => { c.services['gateway-1'].environment.Gateway__Auth__SigningKey = 'x'.repeat(32); }],
    ['a secret has a default', 'gateway-3: Gateway__Api__Keys__0 has a secret that is not a required variable',
      (c) => { c.services['gateway-3'].environment.Gateway__Api__Keys__0 = '${GATEWAY_API_KEY:-key}'; }],
    ['the image is built by each gateway', 'the image is built 2 times', (c) => { c.services['gateway-2'].build = { context: '.' }; }],
    ['the grace period is short', 'gateway-1: stop_grace_period is not longer than draining and 5 s', (c) => { c.services['gateway-1'].stop_grace_period = '15s'; }],
    ['a gateway does not wait for Redis', 'gateway-2: does not wait for Redis', (c) => { c.services['gateway-2'].depends_on = ['redis']; }],
    ['two nodes are one', 'two gateways have one NodeId', (c) => { c.services['gateway-2'].environment.Gateway__NodeId = 'gateway-1'; }],
    ['another proxy is trusted', 'gateway-1: trusts another proxy than the balancer',
      (c) => { c.services['gateway-1'].environment.Gateway__TrustedProxies__0 = '0.0.0.0/0'; }],
    ['an address changed on one side', 'gateway-1: the balancer knows another address',
      (c) => { c.services['gateway-1'].networks.front.ipv4_address = '172.30.10.99'; }],
    ['Redis is reachable', 'redis: on a network that is not internal', (c) => { c.networks.store = {}; }],
    ['Redis keeps nothing', 'redis: its directory is no volume', (c) => { c.services.redis.volumes.pop(); }],
    ['the world gets in by default', 'balancer: published to the world by default', (c) => { c.services.balancer.ports = ['8080:8080']; }],
  ];
  for (const [what, fault, doctor] of doctored) {
    it(`is found wanting where ${what}`, () => {
      const compose = structuredClone(rawCompose());
      doctor(compose);
      assert.ok(faults({ compose }).includes(fault), faults({ compose }).join('\n'));
    });
  }

  const doctoredFiles = [
    ['Redis evicts', 'redis: evicts', 'redisConf', 'deploy/redis.conf', 'noeviction', 'allkeys-lru'],
    ['Redis keeps no log', 'redis: no append-only file', 'redisConf', 'deploy/redis.conf', 'appendonly yes', 'appendonly no'],
    ['the balancer buffers', 'balancer: buffers', 'nginx', 'deploy/nginx.conf', 'proxy_buffering off', 'proxy_buffering on'],
    ['the balancer is impatient', 'balancer: cuts an idle socket before its heartbeat', 'nginx', 'deploy/nginx.conf', 'proxy_read_timeout 45s', 'proxy_read_timeout 20s'],
    ['a gateway gets no traffic', 'gateway-3: the balancer does not send to it', 'nginx', 'deploy/nginx.conf', 'server gateway-3:8080', 'server gateway-4:8080'],
    ['URLs are logged', 'balancer: may log a URL with a token', 'nginx', 'deploy/nginx.conf', 'access_log off', 'access_log stdout'],
  ];
  for (const [what, fault, key, path, from, to] of doctoredFiles) {
    it(`is found wanting where ${what}`, () => {
      const found = faults({ [key]: text(path).replace(from, to) });
      assert.ok(found.includes(fault), found.join('\n'));
    });
  }

  it('refuses to start while a secret is missing or empty, and names it', () => {
    for (const name of Object.keys(VARIABLES)) {
      assert.throws(() => withVariables(rawCompose(), { ...VARIABLES, [name]: undefined }), new RegExp(`${name} is not set`));
      assert.throws(() => withVariables(rawCompose(), { ...VARIABLES, [name]: '' }), new RegExp(`${name} is not set`));
    }
    assert.equal(interpolate('a $$ ${B:-c}', {}), 'a $ c');
  });

  it('the example of the variables names each secret and gives it no value', () => {
    const example = Object.fromEntries([...text('deploy/env.example').matchAll(/^(\w+)=(.*)$/gm)].map((match) => [match[1], match[2]]));
    assert.deepEqual(example, Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, ''])));
    assert.ok(ignored('.env') && ignored('deploy/.env'));
    assert.equal(spawnSync('git', ['check-ignore', '-q', '.env'], { cwd: REPOSITORY }).status, 0);
  });

  it('a gateway without a signing key does not start in Production', async (t) => {
    const gateway = await gatewayFor(t, { environment: 'Production', settings: { Auth: { SigningKey: '' } } }, { start: false });
    await gateway.launch();
    assert.notEqual((await gateway.ended()).code, 0);
    assert.match(gateway.logText(), /Auth:SigningKey/);
  });
});

describe('Dockerfile', { timeout: 600_000 }, () => {
  const [build, final] = stages();

  it('pins its images and runs as a user who is not root', () => {
    for (const { image } of stages()) assert.match(image, /:\d+\.\d+\.\d+-/);
    const users = final.steps.filter(({ word }) => word === 'USER').map(({ rest }) => rest);
    assert.deepEqual(users, ['$APP_UID']);
  });

  it('every COPY has its source, and .dockerignore lets it in', () => {
    const sources = stages().flatMap(({ steps }) => steps.filter(({ word }) => word === 'COPY').map(copied).filter(Boolean).flatMap((copy) => copy.sources));
    assert.ok(sources.length >= 6, sources.join(' '));
    for (const source of sources) {
      assert.ok(existsSync(join(REPOSITORY, source)), source);
      assert.ok(!ignored(source.replace(/\/$/, '')), source);
    }
    for (const path of ['.git/config', 'src/Gateway.Host/bin/Release/a.dll', 'src/Gateway.Host/obj/project.assets.json', '.env', 'tests/a', 'data/journal']) {
      assert.ok(ignored(path), path);
    }
    assert.throws(() => copied({ rest: 'nowhere/ ./' }).sources.forEach((source) => assert.ok(existsSync(join(REPOSITORY, source)))));
  });

  it('every project that the host refers to is there before the packages are restored', () => {
    const needed = new Set();
    const visit = (path) => {
      if (needed.has(path)) return;
      needed.add(path);
      const project = readFileSync(join(REPOSITORY, path), 'utf8');
      for (const [, include] of project.matchAll(/<ProjectReference Include="([^"]+)"/g)) {
        visit(resolve('/', dirname(path), include.replaceAll('\\', '/')).slice(1));
      }
    };
    visit('src/Gateway.Host/Gateway.Host.csproj');
    const restore = build.steps.findIndex(({ word, rest }) => word === 'RUN' && rest.startsWith('dotnet restore'));
    const before = build.steps.slice(0, restore).filter(({ word }) => word === 'COPY').flatMap((step) => copied(step).sources);
    assert.deepEqual(before.filter((source) => source.endsWith('.csproj')).sort(), [...needed].sort());
  });

  it('asks for health as docker-compose.yml does', () => {
    const check = final.steps.find(({ word }) => word === 'HEALTHCHECK').rest;
    const command = JSON.parse(/CMD (\[.*\])/.exec(check)[1]);
    assert.deepEqual(['CMD', ...command], rawCompose().services['gateway-1'].healthcheck.test);
  });

  it('its commands publish a gateway that starts, as another user than root where that can be tried', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'gateway-image-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    chmodSync(directory, 0o755);
    const app = await replayBuild(directory);
    assert.ok(existsSync(join(app, 'Gateway.Host.dll')) && existsSync(join(app, 'libe_sqlite3.so')), readdirSync(app).join(' '));
    const data = mkdtempSync(join(directory, 'data-'));
    const entry = JSON.parse(final.steps.find(({ word }) => word === 'ENTRYPOINT').rest);
    const nobody = process.getuid() === 0 ? { uid: 1654, gid: 1654 } : {};
    if (nobody.uid) spawnSync('chown', ['1654:1654', data]);
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const variables = Object.fromEntries(final.steps.filter(({ word }) => word === 'ENV').flatMap(({ rest }) => rest.split(/\s+/)).map((pair) => pair.split('=')));
    const env = { ...process.env, ...variables, ASPNETCORE_HTTP_PORTS: String(port), Gateway__DataDir: data, Gateway__Auth__SigningKey: VARIABLES.GATEWAY_SIGNING_KEY };
    const service = new Service(basename(app), entry, { cwd: app, env, ...nobody });
    t.after(() => service.kill());
    const check = JSON.parse(/CMD (\[.*\])/.exec(final.steps.find(({ word }) => word === 'HEALTHCHECK').rest)[1]);
    const healthy = () => spawnSync(check[0], check.slice(1), { cwd: app, env, ...nobody }).status === 0;
    await until('the published gateway to be healthy', () => {
      if (!service.running) throw new Error(service.tail());
      return healthy();
    }, { ms: 30_000, every: 200 });
    assert.equal((await service.stop()).code, 0, service.tail());
    assert.ok(!healthy());
  });
});

describe('the deployment as processes', { skip: lack.length > 0 && `${lack.join(', ')} not installed`, timeout: 300_000 }, () => {
  const deployment = new Deployment();
  before(() => deployment.start());
  after(() => deployment.dispose());

  /** Two clients in one room whose sockets ended at two nodes. */
  async function pair(t) {
    const room = unique('room');
    const ann = await deployment.connect(t, unique('ann'), { rooms: [room] });
    for (;;) {
      const bob = await deployment.connect(t, unique('bob'), { rooms: [room] });
      if (bob.node !== ann.node) return { room, ann, bob };
    }
  }

  it('Redis runs as its configuration says', async () => {
    assert.match(await deployment.redis('CONFIG', 'GET', 'maxmemory-policy'), /noeviction/);
    assert.match(await deployment.redis('CONFIG', 'GET', 'appendfsync'), /always/);
    assert.match(await deployment.redis('INFO', 'persistence'), /aof_enabled:1/);
  });

  it('sockets spread over the nodes, and a room is one across them', async (t) => {
    const { room, ann, bob } = await pair(t);
    const ack = await ann.publish({ room, content: 'from one node' });
    assert.equal((await bob.next({ type: 'message', content: 'from one node' })).seq, ack.seq);
    await bob.publish({ room, content: 'from the other' });
    await ann.next({ type: 'message', content: 'from the other' });
    bob.send({ type: 'typing', room });
    await ann.next({ type: 'typing', isTyping: true });
    const nodes = new Set((await Promise.all(Array.from({ length: 9 }, () => deployment.connect(t, unique('u'))))).map((client) => client.node));
    assert.deepEqual([...nodes].sort(), deployment.gateways);
  });

  it('a backend publishes through the balancer, in bodies of any length, and metrics stay inside', async (t) => {
    const { room, ann, bob } = await pair(t);
    assert.equal((await deployment.api('POST', `/v1/rooms/${room}/events`, JSON.stringify({ content: 'one' }))).status, 200);
    await Promise.all([ann, bob].map((client) => client.next({ type: 'message', content: 'one' })));
    const lines = Array.from({ length: 1_000 }, (_, i) => JSON.stringify({ content: `${i} ${'x'.repeat(2_000)}` })).join('\n');
    const answer = await deployment.api('POST', `/v1/rooms/${room}/events`, lines, 'application/x-ndjson');
    assert.equal(answer.status, 200, answer.text);
    assert.equal(JSON.parse(answer.text).accepted, 1_000);
    await bob.until('the last line', () => bob.frames.some((frame) => frame.content?.startsWith('999 ')), 20_000);
    assert.equal((await deployment.http('GET', '/metrics')).status, 404);
    assert.equal((await deployment.http('GET', '/v1/nodes')).status, 401);
  });

  it('a gateway that is stopped hands its clients to the others, and the chat goes on', async (t) => {
    const { room, ann, bob } = await pair(t);
    const first = await ann.publish({ room, content: 'before' });
    const { seq, epoch } = await bob.next({ type: 'message', content: 'before' });
    assert.equal(seq, first.seq);

    const leaving = deployment.services[bob.node];
    const ended = leaving.stop(30_000);
    const { afterMs } = await bob.next('reconnect');
    assert.ok(afterMs <= Number(deployment.compose.services[bob.node].environment.Gateway__Drain__WindowMs));
    assert.equal(await deployment.isHealthy(bob.node), false);
    await ann.publish({ room, content: 'meanwhile' });

    // Every handshake finds a gateway, though the balancer still asks the one that drains.
    const late = await Promise.all(Array.from({ length: 12 }, () => deployment.connect(t, unique('late'))));
    assert.ok(late.every((client) => client.node !== bob.node));

    const back = await deployment.connect(t, bob.welcome.userId);
    assert.notEqual(back.node, bob.node);
    back.send({ type: 'resume', session: bob.welcome.session, rooms: { [room]: { since: seq, epoch } } });
    assert.equal((await back.next({ type: 'welcome', resumed: true })).session, bob.welcome.session);
    await back.next({ type: 'message', content: 'meanwhile' });
    await back.publish({ room, content: 'after' });
    await ann.next({ type: 'message', content: 'after' });
    assert.equal((await ended).code, 0, leaving.tail());
    assert.equal(ann.all('user_left').length, 0);
    assert.equal(back.all({ type: 'message', content: 'meanwhile' }).length, 1);

    await deployment.startGateway(bob.node);
    await until('the node to get sockets again', async () => (await deployment.connect(t, unique('u'))).node === bob.node, { ms: 20_000, every: 250 });
  });

  it('a gateway that is killed is passed over', async (t) => {
    const [victim] = deployment.gateways.slice(-1);
    await deployment.services[victim].kill();
    const clients = await Promise.all(Array.from({ length: 12 }, () => deployment.connect(t, unique('u'))));
    assert.ok(clients.every((client) => client.node !== victim));
    await deployment.startGateway(victim);
  });

  it('the balancer knows every gateway', () => {
    assert.deepEqual(upstreams(text('deploy/nginx.conf')).sort(), deployment.gateways.map((name) => `${name}:8080`));
  });
});
