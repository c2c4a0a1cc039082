// Runs the real gateway process: starts it on a port and a data directory of its own, waits until it is ready, keeps its log,
// stops, kills and restarts it. Ends only what it started, by process id, and removes its directory.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe } from 'node:test';

import { Client, refusal } from './client.mjs';
import { SIGNING_KEY, token } from './jwt.mjs';
import { until } from './waiting.mjs';

export const API_KEY = 'backend-key-for-tests-0123456789abcdef';

const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const READY_MS = 30_000;
// What stands behind a gateway whose test does not say: `embedded`, `redis` (one node on a Redis of its own), or `cluster` (two
// nodes on one, the sockets of a test by turns on the one and the other).
const BEHIND = process.env.GATEWAY_TEST_ENGINE || 'embedded';
const LOG_LINES_KEPT = 20_000;

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

export function gatewayDll() {
  const candidates = [
    process.env.GATEWAY_DLL,
    ...['Release', 'Debug'].map((kind) => join(REPOSITORY, `src/Gateway.Host/bin/${kind}/net10.0/Gateway.Host.dll`)),
  ].filter(Boolean);
  const found = candidates.find((path) => existsSync(path));
  if (!found) throw new Error(`Gateway.Host is not built; looked for ${candidates.join(', ')}`);
  return found;
}

/** A port that was free a moment ago, outside the range that the system hands out by itself. */
export async function freePort() {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise((done) => {
      const probe = createServer();
      probe.once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
    });
    if (free) return port;
  }
  throw new Error('No free port found.');
}

/** `{ Presence: { GraceMs: 5 }, AllowedOrigins: ['a'] }` as `Gateway__Presence__GraceMs=5`, `Gateway__AllowedOrigins__0=a`. */
export function asEnvironment(settings, prefix = 'Gateway') {
  const variables = {};
  for (const [key, value] of Object.entries(settings)) {
    const name = `${prefix}__${key}`;
    if (value !== null && typeof value === 'object') Object.assign(variables, asEnvironment(value, name));
    else variables[name] = String(value);
  }
  return variables;
}

function merge(base, over) {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const nested = value !== null && typeof value === 'object' && !Array.isArray(value);
    if (value === undefined) delete merged[key];
    else merged[key] = nested ? merge(base[key] ?? {}, value) : value;
  }
  return merged;
}

const DEFAULTS = {
  Auth: { SigningKey: SIGNING_KEY },
  Api: { Keys: [API_KEY] },
};

/** Settings that take the rate limits out of the way of tests about something else. */
export const UNLIMITED = {
  Limits: { EventsPerSecond: 100_000, EventBurst: 100_000, CommandsPerSecond: 100_000, CommandBurst: 100_000 },
};

export class Gateway {
  constructor({ settings = {}, environment = 'Development', variables = {} } = {}) {
    this.directory = mkdtempSync(join(tmpdir(), 'gateway-test-'));
    this.dataDirectory = join(this.directory, 'data');
    this.settings = merge({ ...DEFAULTS, DataDir: this.dataDirectory }, settings);
    this.environment = environment;
    this.variables = variables;
    this.log = [];
    this.port = 0;
    this.child = null;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get running() {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Starts the process without waiting for it to be ready. */
  async launch() {
    this.port ||= await freePort();
    if (BEHIND !== 'embedded' && !this.standIn && !this.settings.Engine) {
      this.standIn = await (await import('./cluster-standin.mjs')).standInFor(this, BEHIND);
    }
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(gateway__|aspnetcore_|dotnet_environment|node_)/i.test(name)));
    this.child = spawn('dotnet', [gatewayDll(), '--urls', this.url], {
      cwd: this.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...inherited,
        ASPNETCORE_ENVIRONMENT: this.environment,
        DOTNET_gcServer: '0',
        ...asEnvironment(this.settings),
        ...this.variables,
      },
    });
    const child = this.child;
    running.add(child);
    this.exit = new Promise((done) => {
      child.once('close', (code, signal) => {
        running.delete(child);
        done({ code, signal });
      });
    });
    for (const stream of [child.stdout, child.stderr]) this.#keepLog(stream);
  }

  #keepLog(stream) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      if (this.log.length < LOG_LINES_KEPT) this.log.push(...lines);
    });
    stream.on('end', () => rest && this.log.push(rest));
  }

  async start() {
    await this.launch();
    const twin = this.standIn?.twin?.start();
    twin?.catch(() => {});
    const deadline = Date.now() + READY_MS;
    for (;;) {
      if (!this.running) throw new Error(`The gateway ended while starting.\n${this.logTail()}`);
      const answer = await this.http('GET', '/health/ready').catch(() => null);
      if (answer?.status === 200) {
        await twin;
        return this;
      }
      if (Date.now() > deadline) throw new Error(`The gateway was not ready after ${READY_MS} ms.\n${this.logTail()}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  logTail(lines = 40) {
    return this.log.slice(-lines).join('\n');
  }

  logText() {
    return this.log.join('\n');
  }

  terminate() {
    return this.#signal('SIGTERM');
  }

  kill() {
    return this.#signal('SIGKILL');
  }

  async #signal(signal) {
    const twin = this.standIn?.twin;
    this.child.kill(signal);
    const [result] = await Promise.all([this.exit, twin?.running ? twin.#signal(signal) : null]);
    return result;
  }

  /** Waits for the process to end by itself; a process that does not is killed and reported. */
  async ended(ms = 15_000) {
    const timer = setTimeout(() => this.running && this.child.kill('SIGKILL'), ms);
    const result = await this.exit;
    clearTimeout(timer);
    if (result.signal === 'SIGKILL') throw new Error(`The process was still running after ${ms} ms.\n${this.logTail()}`);
    return result;
  }

  async restart() {
    if (this.running) await this.kill();
    await this.standIn?.restart();
    return this.start();
  }

  /** The end of a test: no process and no directory is left. */
  async dispose() {
    if (this.child) {
      if (this.running) await this.kill();
      else await this.exit;
    }
    await this.standIn?.dispose();
    rmSync(this.directory, { recursive: true, force: true });
  }

  // -- HTTP -----------------------------------------------------------------------------------------------------------

  http(method, path, { body, headers = {} } = {}) {
    return new Promise((done, fail) => {
      const outgoing = request(this.url + path, { method, headers, agent: false }, (incoming) => {
        const chunks = [];
        incoming.on('data', (chunk) => chunks.push(chunk));
        incoming.on('error', fail);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          done({ status: incoming.statusCode, headers: incoming.headers, text, get json() { return JSON.parse(text); } });
        });
      });
      outgoing.on('error', fail);
      outgoing.setTimeout(30_000, () => outgoing.destroy(new Error(`${method} ${path} was not answered within 30 s`)));
      if (body !== undefined && typeof body.pipe === 'function') body.pipe(outgoing);
      else outgoing.end(body);
    });
  }

  /** A backend's call, with the API key. */
  api(method, path, body, { key = API_KEY, type = 'application/json', headers = {} } = {}) {
    const text = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return this.http(method, path, {
      body: text,
      headers: {
        ...(key ? { Authorization: `Bearer ${key}` } : {}),
        ...(text === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }),
        ...headers,
      },
    });
  }

  /** Publishes many events at once and expects every one to be taken. */
  async publishLines(room, events) {
    const answer = await this.api('POST', `/v1/rooms/${room}/events`, events.map((e) => JSON.stringify(e)).join('\n'), {
      type: 'application/x-ndjson',
    });
    if (answer.status !== 200 || answer.json.accepted !== events.length) throw new Error(`ndjson: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /** All of a room's kept events, page by page. */
  async allEvents(room, { after = 0, page = 500 } = {}) {
    const events = [];
    for (let from = after; ;) {
      const answer = await this.api('GET', `/v1/rooms/${room}/events?after=${from}&limit=${page}`);
      if (answer.status !== 200) throw new Error(`history: ${answer.status} ${answer.text}`);
      const batch = answer.json.events;
      events.push(...batch);
      if (!answer.json.more) return events;
      if (batch.length === 0) throw new Error('history: "more" on an empty page');
      from = batch.at(-1).seq;
    }
  }

  // -- WebSockets -----------------------------------------------------------------------------------------------------

  /**
   * Opens a socket. `user` (with `claims`, `name`) makes a token; without one no token is sent.
   * `how` says where the token goes: header, query or protocol.
   */
  open(options = {}) {
    const { path = '/ws', query = {}, user, name, claims = {}, how = 'header', headers = {}, protocols = [], rooms = [], t } = options;
    const jwt = options.token ?? (user === undefined ? undefined : token({ sub: user, ...(name ? { name } : {}), ...claims }));
    const parameters = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) [value].flat().forEach((one) => parameters.append(key, one));
    rooms.forEach((room) => parameters.append('room', room));
    if (jwt !== undefined && how === 'query') parameters.append('token', jwt);
    const text = parameters.toString();
    const client = new Client(`ws://127.0.0.1:${this.standIn?.nextPort() ?? this.port}${path}${text ? `?${text}` : ''}`, {
      protocols: jwt !== undefined && how === 'protocol' ? [...protocols, `bearer.${jwt}`] : protocols,
      headers: jwt !== undefined && how === 'header' ? { ...headers, Authorization: `Bearer ${jwt}` } : headers,
      label: user ?? query.user ?? 'anonymous',
      ws: options.ws,
    });
    t?.after(() => client.drop());
    return client;
  }

  /** Opens a socket and waits for `welcome` and the `joined` of each room in `rooms`. */
  async connect(t, options = {}) {
    const client = this.open({ ...options, t });
    client.welcome = await client.next('welcome');
    client.session = client.welcome.session;
    client.userId = client.welcome.userId;
    client.joined = {};
    for (const room of options.rooms ?? []) client.joined[room] = await client.next({ type: 'joined', room });
    return client;
  }

  /** The HTTP answer to an upgrade that is refused. */
  refused(options = {}) {
    return refusal(this.open(options));
  }

  userState(id) {
    return this.api('GET', `/v1/users/${encodeURIComponent(id)}`).then((answer) => answer.json);
  }

  untilConnections(id, count, ms = 10_000) {
    return until(`${id} to have ${count} connections`, async () => ((await this.userState(id)).connections ?? 0) === count, { ms });
  }
}

/** A suite with one gateway for all its tests; they run side by side where `concurrency` says so, with names of their own. */
export function suite(title, { concurrency = 1, timeout = 120_000, ...options }, body) {
  describe(title, { concurrency, timeout }, () => {
    const gateway = new Gateway(options);
    before(() => gateway.start());
    after(() => gateway.dispose());
    body(gateway);
  });
}

/** A gateway of a single test. */
export async function gatewayFor(t, options = {}, { start = true } = {}) {
  const gateway = new Gateway(options);
  t.after(() => gateway.dispose());
  if (start) await gateway.start();
  return gateway;
}
