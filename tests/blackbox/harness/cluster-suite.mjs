// A suite with one Redis and one cluster for all its tests; they run side by side, with names of their own.

import { after, before, describe } from 'node:test';

import { GatewayCluster, allKnown } from './cluster.mjs';
import { RedisServer, redisLack } from './redis.mjs';

export function clusterSuite(title, { nodes = 3, concurrency = 6, timeout = 120_000, settings = {} } = {}, body) {
  describe(title, { concurrency, timeout, skip: redisLack ?? false }, () => {
    if (redisLack) return;
    const redis = new RedisServer();
    const cluster = new GatewayCluster({ nodes, redis: { get endpoint() { return redis.endpoint; }, get setting() { return redis.setting; } }, settings });
    before(async () => {
      await redis.start();
      for (const node of cluster.nodes) node.gateway.settings.Redis = redis.setting;
      await cluster.start();
      await allKnown(cluster);
    });
    after(async () => {
      await cluster.dispose();
      await redis.dispose();
    });
    body(cluster.nodes.map((node) => node.gateway), cluster);
  });
}
