// Runs several gateways on one Redis, each through a proxy of its own where a test wants to cut it off, and knows who of them
// is well. Nodes die, stop, freeze and come back by process id; their memory is sampled all the while.

import { readFileSync } from 'node:fs';

import { Gateway, UNLIMITED } from './gateway.mjs';
import { Proxy } from './proxy.mjs';
import { delay, until } from './waiting.mjs';

export const LONG = process.env.GATEWAY_TEST_LONG === '1';

/** The times that a run lives by: short ones in a quick run, the documented defaults in a long one. */
export const GRACE_MS = LONG ? 12_000 : 2_500;
export const DRAIN_MS = LONG ? 10_000 : 2_000;

const SAMPLE_MS = 500;

const SETTINGS = {
  ...UNLIMITED,
  DefaultRoom: '',
  Presence: { GraceMs: GRACE_MS },
  Drain: { WindowMs: DRAIN_MS },
  Namespaces: { chat: { HistorySize: 100_000 } },
};

class Node {
  constructor(index, gateway, proxy) {
    Object.assign(this, { index, gateway, proxy, well: false, frozen: false });
  }

  get name() {
    return this.gateway.settings.NodeId;
  }

  get url() {
    return `ws://127.0.0.1:${this.gateway.port}/ws`;
  }

  async start() {
    await this.gateway.start();
    this.well = true;
  }

  /** kill -9 */
  kill() {
    this.well = false;
    return this.gateway.kill();
  }

  /** SIGTERM: drains; gives { code, signal } when it has ended. */
  terminate() {
    this.well = false;
    return this.gateway.terminate();
  }

  freeze() {
    this.well = false;
    this.frozen = true;
    this.gateway.child.kill('SIGSTOP');
  }

  async thaw() {
    this.gateway.child.kill('SIGCONT');
    this.frozen = false;
    await until(`${this.name} to be ready again`, async () => (await this.gateway.http('GET', '/health/ready')).status === 200, { ms: 30_000, every: 100 });
    this.well = true;
  }
}

/** The resident memory of a process, or null where it is gone. */
function residentMb(pid) {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);
  } catch {
    return null;
  }
}

export class GatewayCluster {
  /** @param redis what has a `setting` and an `endpoint`; without one there is a single node on the embedded engine */
  constructor({ nodes = 3, redis = null, proxied = false, settings = {}, history = null }) {
    Object.assign(this, { redis, proxied, settings, history });
    this.nodes = Array.from({ length: redis ? nodes : 1 }, (_, index) => this.#node(index));
  }

  #node(index) {
    const engine = this.redis ? { Engine: 'redis', NodeId: `node-${index + 1}`, Redis: this.redis.setting } : { NodeId: 'node-1' };
    const gateway = new Gateway({ settings: { ...SETTINGS, ...engine, ...this.settings } });
    const proxy = this.redis && this.proxied ? new Proxy(this.redis) : null;
    return new Node(index, gateway, proxy);
  }

  async start() {
    for (const node of this.nodes) {
      if (!node.proxy) continue;
      await node.proxy.start();
      node.gateway.settings.Redis = this.redis.setting.replace(this.redis.endpoint, node.proxy.endpoint);
    }
    await Promise.all(this.nodes.map((node) => node.start()));
    if (this.history) this.sampler = setInterval(() => this.#sample(), SAMPLE_MS);
    return this;
  }

  #sample() {
    const gateways = this.nodes.filter((node) => !node.frozen).map((node) => ({ name: node.name, child: node.gateway.child }));
    const servers = [this.redis, ...(this.redis?.servers ?? [])].map((server) => ({ name: 'redis', child: server?.child }));
    for (const { name, child } of [...gateways, ...servers]) {
      const mb = child ? residentMb(child.pid) : null;
      if (mb !== null) this.history.memory.push({ name: `${name} (${child.pid})`, at: Date.now(), mb });
    }
  }

  /** A node to ask: one that nothing was done to. */
  get well() {
    const node = this.nodes.find((one) => one.well);
    if (!node) throw new Error('No node is well.');
    return node.gateway;
  }

  /** What a room holds, read from any node that is well; tried again while the engine is coming back. */
  stored(room) {
    return until(`the history of ${room}`, () => this.well.allEvents(room), { ms: 20_000, every: 200 });
  }

  /** The last warnings and errors of each node. */
  complaints(count = 6) {
    const of = (node) => node.gateway.log.filter((line) => /^\S+ (WRN|ERR|FTL) /.test(line)).slice(-count).join('\n');
    return this.nodes.map((node) => `-- ${node.name}\n${of(node)}`).join('\n');
  }

  async dispose() {
    clearInterval(this.sampler);
    for (const node of this.nodes) if (node.frozen) node.gateway.child.kill('SIGCONT');
    await Promise.all(this.nodes.map((node) => node.gateway.dispose()));
    await Promise.all(this.nodes.map((node) => node.proxy?.dispose()));
  }
}

/** A cluster of a single test. */
export async function clusterFor(t, options = {}) {
  const cluster = new GatewayCluster(options);
  t.after(() => cluster.dispose());
  return cluster.start();
}

/** All nodes know of each other. */
export function allKnown(cluster) {
  return until('every node to list all nodes', async () => {
    for (const node of cluster.nodes.filter((one) => one.well)) {
      const answer = await node.gateway.api('GET', '/v1/nodes');
      if (answer.json.nodes.length < cluster.nodes.filter((one) => one.well).length) return false;
    }
    return true;
  }, { ms: 15_000, every: 100 });
}

export { delay, until };
