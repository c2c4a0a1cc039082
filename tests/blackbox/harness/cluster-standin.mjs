// Lets the contract's own tests run on Redis without knowing it: a gateway gets a Redis of its own, and where a cluster is asked
// for a second node beside it, to which every other socket goes. Backends' calls go to the first node alone.

import { Gateway } from './gateway.mjs';
import { RedisServer } from './redis.mjs';

export async function standInFor(gateway, kind) {
  const redis = await new RedisServer({ aof: 'always' }).start();
  const settings = { Engine: 'redis', Redis: redis.setting };
  Object.assign(gateway.settings, settings);
  const twin = kind === 'cluster'
    ? new Gateway({ settings: { ...gateway.settings, NodeId: 'twin', Admin: undefined }, environment: gateway.environment, variables: gateway.variables })
    : null;
  let turn = 0;
  return {
    twin,
    nextPort() {
      turn += 1;
      return twin?.running && turn % 2 === 0 ? twin.port : gateway.port;
    },
    /** Where a test restarts its gateway, the storage restarts too: that is what it is about. */
    async restart() {
      await redis.kill();
      await redis.start();
    },
    async dispose() {
      await twin?.dispose();
      await redis.dispose();
    },
  };
}
