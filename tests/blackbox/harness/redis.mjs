// Runs real redis-server processes on free loopback ports, each in a directory of its own: kills, stops, continues and restarts
// them by process id, and leaves none behind. `replicate` makes one the replica of another, also through a proxy.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from './gateway.mjs';
import { RedisConnection } from './redis-wire.mjs';
import { until } from './waiting.mjs';

const BINARY = process.env.REDIS_SERVER ?? '/usr/bin/redis-server';
const READY_MS = 20_000;

/** Why Redis tests cannot run here, or null. */
export const redisLack = existsSync(BINARY) ? null : `no redis-server at ${BINARY}`;

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

const AOF = {
  off: ['--appendonly', 'no'],
  always: ['--appendonly', 'yes', '--appendfsync', 'always'],
  everysec: ['--appendonly', 'yes', '--appendfsync', 'everysec'],
};

export class RedisServer {
  constructor({ aof = 'off', password, user, extra = [] } = {}) {
    Object.assign(this, { aof, password, user, extra });
    this.directory = mkdtempSync(join(tmpdir(), 'gateway-redis-'));
    this.port = 0;
    this.child = null;
    this.log = [];
  }

  get endpoint() {
    return `127.0.0.1:${this.port}`;
  }

  /** What the gateway's setting `Redis` says of this server. */
  get setting() {
    return [this.endpoint, ...(this.user ? [`user=${this.user}`] : []), ...(this.password ? [`password=${this.password}`] : [])].join(' ');
  }

  get running() {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  #arguments() {
    const access = this.user
      ? ['--user', 'default', 'off', '--user', this.user, 'on', `>${this.password}`, '~*', '&*', '+@all']
      : this.password ? ['--requirepass', this.password, '--masterauth', this.password] : [];
    return ['--port', this.port, '--bind', '127.0.0.1', '--dir', this.directory, '--save', '', '--daemonize', 'no',
      '--maxmemory-policy', 'noeviction', '--repl-diskless-sync-delay', '0', ...AOF[this.aof], ...access, ...this.extra].map(String);
  }

  async start() {
    this.port ||= await freePort();
    const child = spawn(BINARY, this.#arguments(), { cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    running.add(child);
    this.exit = new Promise((done) => {
      child.once('close', (code, signal) => { running.delete(child); done({ code, signal }); });
      child.once('error', (error) => { running.delete(child); done({ error }); });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => this.log.length < 5_000 && this.log.push(text));
    }
    await until(`redis on ${this.port} to answer`, async () => {
      if (!this.running) throw new Error(`redis-server ended: ${this.log.slice(-20).join('')}`);
      return (await this.call('PING')) === 'PONG';
    }, { ms: READY_MS, every: 10 });
    return this;
  }

  async connection(options) {
    const connection = new RedisConnection(this.port, options);
    if (this.password) await connection.call('AUTH', ...(this.user ? [this.user] : []), this.password);
    return connection;
  }

  /** One command on a connection of its own. */
  async call(...parts) {
    const connection = await this.connection();
    try {
      return await connection.call(...parts);
    } finally {
      connection.close();
    }
  }

  async info(section) {
    const text = await this.call('INFO', ...(section ? [section] : []));
    return Object.fromEntries(text.split('\r\n').filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
  }

  /** kill -9: nothing is written any more. */
  kill() {
    this.child.kill('SIGKILL');
    return this.exit;
  }

  /** The process stands still, its sockets stay open. */
  freeze() {
    this.child.kill('SIGSTOP');
  }

  thaw() {
    this.child.kill('SIGCONT');
  }

  /** Makes this server a replica (by default of a server, else of whatever listens on `port`) and waits until it is in step. */
  async replicate(primary, { port = primary.port } = {}) {
    if (primary.password) await this.call('CONFIG', 'SET', 'masterauth', primary.password);
    await this.call('REPLICAOF', '127.0.0.1', port);
    await until('the replica to be in step', async () => {
      const mine = await this.info('replication');
      const theirs = await primary.info('replication');
      return mine.master_link_status === 'up' && Number(mine.slave_repl_offset) >= Number(theirs.master_repl_offset) - 64;
    }, { ms: READY_MS });
  }

  promote() {
    return this.call('REPLICAOF', 'NO', 'ONE');
  }

  async dispose() {
    if (this.child && this.running) await this.kill();
    else if (this.child) await this.exit;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A server of a single test. */
export async function redisFor(t, options) {
  const server = new RedisServer(options);
  t.after(() => server.dispose());
  return server.start();
}
