// The services of docker-compose.yml as plain processes on loopback: same commands, same environment, same configuration files, with
// host names, addresses, ports and directories put in place of the containers'. Ends only what it started, by process id.

import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { Client } from './client.mjs';
import { rawCompose, text, withVariables } from './compose.mjs';
import { gatewayDll } from './gateway.mjs';
import { token } from './jwt.mjs';
import { until } from './waiting.mjs';

/** As `openssl rand -hex 32` would make them. */
export const VARIABLES = {
  GATEWAY_SIGNING_KEY: '6d0c1b'.repeat(11).slice(0, 64),
  GATEWAY_API_KEY: 'a7f3e9'.repeat(11).slice(0, 64),
  REDIS_PASSWORD: '19be52'.repeat(11).slice(0, 64),
};

const LOG_LINES_KEPT = 2_000;
const started = new Set();
// Not SIGKILL: nginx must get to end its workers.
process.on('exit', () => started.forEach((child) => child.kill('SIGTERM')));

async function freePort() {
  const probe = createServer();
  await new Promise((done, fail) => { probe.once('error', fail); probe.listen(0, '127.0.0.1', done); });
  const { port } = probe.address();
  await new Promise((done) => { probe.close(done); });
  return port;
}

/** One process: its log, its end. */
export class Service {
  constructor(name, command, options = {}) {
    this.name = name;
    this.log = [];
    this.child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    started.add(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (some) => this.log.length < LOG_LINES_KEPT && this.log.push(...some.split('\n').filter(Boolean)));
    }
    this.exit = new Promise((done) => {
      this.child.once('error', (error) => { this.log.push(String(error)); done({ code: -1 }); });
      this.child.once('close', (code, signal) => { started.delete(this.child); done({ code, signal }); });
    });
  }

  get running() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  tail() {
    return `${this.name}:\n  ${this.log.slice(-25).join('\n  ')}`;
  }

  /** As `docker stop`: SIGTERM, and SIGKILL where the grace period is over. */
  async stop(graceMs = 30_000) {
    if (this.running) this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    const end = await this.exit;
    clearTimeout(timer);
    return end;
  }

  async kill() {
    if (this.running) this.child.kill('SIGKILL');
    return this.exit;
  }
}

export class Deployment {
  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'gateway-compose-'));
    // nginx's workers are another user's where its master is root.
    chmodSync(this.directory, 0o755);
    this.compose = withVariables(rawCompose(), VARIABLES);
    this.services = {};
    this.ports = {};
  }

  get gateways() {
    return Object.keys(this.compose.services).filter((name) => name.startsWith('gateway-'));
  }

  /** The containers' names, addresses and ports as this machine's. */
  #local(value, name) {
    return Object.entries(this.ports).reduce((all, [from, port]) => all.replaceAll(from, `127.0.0.1:${port}`), value)
      .replaceAll('http://+:8080', `http://127.0.0.1:${this.ports[`${name}:8080`]}`)
      .replaceAll(this.compose.services.balancer.networks.front.ipv4_address, '127.0.0.1');
  }

  async start() {
    for (const place of ['redis:6379', 'balancer:8080', ...this.gateways.flatMap((name) => [`${name}:8080`, `${name}:9090`])]) {
      this.ports[place] = await freePort();
    }
    await this.startRedis();
    await Promise.all(this.gateways.map((name) => this.startGateway(name)));
    await this.startBalancer();
    return this;
  }

  async startRedis() {
    const { command } = this.compose.services.redis;
    const conf = join(this.directory, 'redis.conf');
    writeFileSync(conf, text('deploy/redis.conf').replace(/^dir .*$/m, `dir ${this.directory}`));
    const here = command.map((word) => (word === '/usr/local/etc/redis/redis.conf' ? conf : word));
    this.services.redis = new Service('redis', [...here, '--bind', '127.0.0.1', '--port', String(this.ports['redis:6379'])]);
    await this.untilHealthy('redis');
  }

  environmentOf(name) {
    const { environment } = this.compose.services[name];
    const here = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, this.#local(value, name)]));
    here.Gateway__Admin__Port = String(this.ports[`${name}:9090`]);
    const kept = Object.entries(process.env).filter(([key]) => /^(PATH|HOME|DOTNET_ROOT|TMPDIR)$/.test(key));
    return { ...Object.fromEntries(kept), DOTNET_gcServer: '0', ...here };
  }

  async startGateway(name) {
    // The image's ENTRYPOINT and WORKDIR.
    this.services[name] = new Service(name, ['dotnet', 'Gateway.Host.dll'], { cwd: dirname(gatewayDll()), env: this.environmentOf(name) });
    await this.untilHealthy(name);
  }

  async startBalancer() {
    const conf = join(this.directory, 'nginx.conf');
    const here = this.#local(text('deploy/nginx.conf'), 'balancer').replace('listen 8080', `listen 127.0.0.1:${this.ports['balancer:8080']}`)
      .replaceAll('/tmp/', `${this.directory}/`);
    writeFileSync(conf, here);
    this.services.balancer = new Service('balancer', ['nginx', '-p', this.directory, '-c', conf, '-g', 'daemon off;']);
    await this.untilHealthy('balancer');
  }

  /** Runs the service's own health check until it passes. */
  async untilHealthy(name, ms = 60_000) {
    const service = this.services[name];
    const ended = service.exit.then(() => { throw new Error(`It ended while starting. ${service.tail()}`); });
    const healthy = until(`${name} to be healthy`, () => this.isHealthy(name), { ms, every: 100 })
      .catch((error) => { throw new Error(`${error.message}\n${service.tail()}`); });
    healthy.catch(() => {});
    ended.catch(() => {});
    await Promise.race([healthy, ended]);
  }

  /** The exit code of the service's health check, in its own environment. */
  async isHealthy(name) {
    const [kind, ...words] = this.compose.services[name].healthcheck.test;
    if (name === 'balancer') return (await this.http('GET', new URL(words.at(-1)).pathname).catch(() => null))?.status === 200;
    const command = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', words[0].replace('redis-cli', `redis-cli -p ${this.ports['redis:6379']}`)] : words;
    const options = name === 'redis'
      ? { env: { ...process.env, ...this.compose.services.redis.environment } }
      : { env: this.environmentOf(name), cwd: dirname(gatewayDll()) };
    return new Promise((done) => { execFile(command[0], command.slice(1), options, (error) => done(!error)); });
  }

  /** One setting of the running Redis. */
  redis(...words) {
    const env = { ...process.env, ...this.compose.services.redis.environment };
    return new Promise((done, fail) => {
      execFile('redis-cli', ['-p', String(this.ports['redis:6379']), ...words], { env }, (error, out) => (error ? fail(error) : done(out.trim())));
    });
  }

  http(method, path, { body, headers = {} } = {}) {
    return new Promise((done, fail) => {
      const outgoing = request({ host: '127.0.0.1', port: this.ports['balancer:8080'], method, path, headers, agent: false }, (incoming) => {
        const chunks = [];
        incoming.on('data', (chunk) => chunks.push(chunk));
        incoming.on('error', fail);
        incoming.on('end', () => done({ status: incoming.statusCode, text: Buffer.concat(chunks).toString('utf8') }));
      });
      outgoing.on('error', fail);
      outgoing.setTimeout(30_000, () => outgoing.destroy(new Error(`${method} ${path} was not answered within 30 s`)));
      outgoing.end(body);
    });
  }

  api(method, path, body, type = 'application/json') {
    return this.http(method, path, { body, headers: { Authorization: `Bearer ${VARIABLES.GATEWAY_API_KEY}`, ...(body ? { 'Content-Type': type } : {}) } });
  }

  /** A client through the balancer, once welcomed and in its rooms. */
  async connect(t, user, { rooms = [], query = {} } = {}) {
    const parameters = new URLSearchParams(query);
    rooms.forEach((room) => parameters.append('room', room));
    const client = new Client(`ws://127.0.0.1:${this.ports['balancer:8080']}/ws?${parameters}`, {
      headers: { Authorization: `Bearer ${token({ sub: user }, { key: VARIABLES.GATEWAY_SIGNING_KEY })}` }, label: user,
    });
    t.after(() => client.drop());
    client.welcome = await client.next('welcome');
    client.node = client.welcome.node;
    client.joined = {};
    for (const room of rooms) client.joined[room] = await client.next({ type: 'joined', room });
    return client;
  }

  async dispose() {
    await Promise.all(Object.values(this.services).map((service) => (service.name === 'balancer' ? service.stop(5_000) : service.kill())));
    rmSync(this.directory, { recursive: true, force: true });
  }
}
