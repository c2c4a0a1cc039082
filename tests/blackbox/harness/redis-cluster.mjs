// A Redis Cluster of three primaries on loopback: each owns a third of the slots. Slots are moved with their keys, the way
// an operator's tools do it, one key at a time, while others go on working.

import { freePort } from './gateway.mjs';
import { RedisServer } from './redis.mjs';
import { until } from './waiting.mjs';

const SLOTS = 16_384;
const READY_MS = 30_000;
const CRC = new Uint16Array(256).map((_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/** The slot of a key: CRC16 of it, or of what is in its first non-empty braces. */
export function slotOf(key) {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed, 'utf8')) crc = ((crc << 8) ^ CRC[((crc >> 8) ^ byte) & 0xff]) & 0xffff;
  return crc % SLOTS;
}

export class RedisCluster {
  constructor({ primaries = 3, ...options } = {}) {
    this.options = options;
    this.count = primaries;
    this.servers = [];
    this.ids = [];
  }

  get setting() {
    return this.servers.map((server) => server.endpoint).join(',');
  }

  async start() {
    for (let i = 0; i < this.count; i += 1) {
      const extra = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '3000', '--cluster-port', await freePort()];
      const server = new RedisServer({ ...this.options, extra: [...extra, ...(this.options.extra ?? [])] });
      server.busPort = extra.at(-1);
      this.servers.push(server);
      await server.start();
      this.ids.push(await server.call('CLUSTER', 'MYID'));
    }
    for (const [i, server] of this.servers.entries()) {
      const [first, behind] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / this.count));
      await server.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      await server.call('CLUSTER', 'ADDSLOTSRANGE', first, behind - 1);
      if (i > 0) await server.call('CLUSTER', 'MEET', '127.0.0.1', this.servers[0].port, this.servers[0].busPort);
    }
    await this.settled();
    return this;
  }

  /** Every server knows all others and says that the cluster is whole. */
  settled() {
    return until('the cluster to be whole', async () => {
      for (const server of this.servers) {
        const info = await server.call('CLUSTER', 'INFO');
        if (!info.includes('cluster_state:ok') || !info.includes(`cluster_known_nodes:${this.count}`)) return false;
        if (!info.includes(`cluster_slots_ok:${SLOTS}`)) return false;
      }
      return true;
    }, { ms: READY_MS, every: 50 });
  }

  /** The index of the server that owns the slot, as the servers see it. */
  async ownerOf(slot) {
    const ranges = await this.servers[0].call('CLUSTER', 'SLOTS');
    const range = ranges.find(([first, last]) => first <= slot && slot <= last);
    return this.ids.indexOf(range[2][2]);
  }

  async keysOf(slot, count = 1_000) {
    return this.servers[await this.ownerOf(slot)].call('CLUSTER', 'GETKEYSINSLOT', slot, count);
  }

  /** The slots of the keys that match a pattern, fullest first. */
  async usedSlots(pattern = '*') {
    const counts = new Map();
    for (const server of this.servers) {
      let cursor = '0';
      do {
        const [next, keys] = await server.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1_000);
        for (const key of keys) counts.set(slotOf(key), (counts.get(slotOf(key)) ?? 0) + 1);
        cursor = next;
      } while (cursor !== '0');
    }
    return [...counts].sort((a, b) => b[1] - a[1]).map(([slot]) => slot);
  }

  /** Moves a slot with all its keys; `pause` is awaited between two keys, so that a load can meet the slot half moved. */
  async migrate(slot, { to, pause = async () => {} } = {}) {
    const from = await this.ownerOf(slot);
    const target = to ?? (from + 1) % this.count;
    if (target === from) return { from, to: target, moved: 0 };
    const [source, destination] = [this.servers[from], this.servers[target]];
    await destination.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', this.ids[from]);
    await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', this.ids[target]);
    let moved = 0;
    for (;;) {
      const keys = await source.call('CLUSTER', 'GETKEYSINSLOT', slot, 1);
      if (keys.length === 0) break;
      const answer = await source.call('MIGRATE', '127.0.0.1', destination.port, keys[0], 0, 5_000);
      if (answer === 'OK') moved += 1;
      await pause();
    }
    // The new owner first, so that no moment has none.
    for (const server of [destination, source, ...this.servers.filter((s) => s !== source && s !== destination)]) {
      await server.call('CLUSTER', 'SETSLOT', slot, 'NODE', this.ids[target]);
    }
    return { from, to: target, moved };
  }

  async dispose() {
    await Promise.all(this.servers.map((server) => server.dispose()));
  }
}

/** A cluster of a single test. */
export async function redisClusterFor(t, options) {
  const cluster = new RedisCluster(options);
  t.after(() => cluster.dispose());
  return cluster.start();
}
