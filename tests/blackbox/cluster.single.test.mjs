// The cluster's load on a single node with the embedded engine: killed and stopped under load, it keeps the promises that a
// cluster keeps, and the clients and the judge of the cluster's tests are tried where nothing else can be at fault.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { GRACE_MS, clusterFor } from './harness/cluster.mjs';
import { History } from './harness/history.mjs';
import { loadFor } from './harness/load.mjs';

for (const [what, end] of Object.entries({ 'kill -9': 'kill', SIGTERM: 'terminate' })) {
  it(`a single node that gets ${what} and comes back keeps every rule`, { timeout: 120_000 }, async (t) => {
    const history = new History();
    const cluster = await clusterFor(t, { history });
    const load = await loadFor(t, cluster, { talkers: 3, perSecond: 30 });
    for (let round = 0; round < 2; round += 1) {
      await load.acks(50);
      await cluster.nodes[0][end]();
      await cluster.nodes[0].start();
      await load.allReady();
    }
    await load.acks(50);
    await load.judged(t, { resumeP99Ms: 6_000 + GRACE_MS });
    assert.ok(history.all('resumed').length >= 8, 'everyone resumed twice');
  });
}
