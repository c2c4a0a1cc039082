// Simulates what follows a node's death in steps of 10 ms: its clients come back with full jitter to the nodes that are left, each of which
// admits so many handshakes a second and refuses the rest (503, try again later); every resume costs Redis functions and reads.

import { resumeUs } from './model.mjs';
import { seeded } from './random.mjs';

const STEP_MS = 10;
const GIVE_UP_MS = 120_000;

/** What the nodes that are left can take, a second: by admission, by their spare CPU, by Redis' spare time. */
export function resumesPerSecond(costs, { survivors, rooms, nodeBusy, redisBusy, primaries }) {
  const { machines, node } = costs;
  const spareNode = Math.max(0, machines.nodeCores * (1 - nodeBusy)) * 0.9;
  const spareRedis = Math.max(0, primaries * (1 - redisBusy)) * 0.9;
  return {
    admission: survivors * machines.handshakesPerSecond,
    cpu: (survivors * spareNode * 1e6) / (node.connectUs + (rooms - 1) * node.joinUs),
    redis: (spareRedis * 1e6) / resumeUs(costs, rooms),
  };
}

/** When 50 %, 99 % and all of the clients are back, in ms after the death; and how often they had to try. */
export function storm(costs, { clients, perSecond, seed }) {
  const { firstRetryMs, longestRetryMs, noticedMs } = costs.storm;
  const random = seeded(seed);
  const steps = Math.ceil(GIVE_UP_MS / STEP_MS);
  const arrivals = Array.from({ length: steps }, () => []);
  const at = (ms, wait) => {
    const step = Math.floor(ms / STEP_MS);
    if (step < steps) arrivals[step].push(wait);
  };
  for (let client = 0; client < clients; client += 1) at(noticedMs + random() * firstRetryMs, firstRetryMs);

  let back = 0;
  let tries = 0;
  let credit = 0;
  const reached = {};
  for (let step = 0; step < steps && back < clients; step += 1) {
    credit = Math.min(credit + (perSecond * STEP_MS) / 1000, perSecond / 10);
    for (const wait of arrivals[step]) {
      tries += 1;
      if (credit >= 1) {
        credit -= 1;
        back += 1;
      } else {
        const next = Math.min(wait * 2, longestRetryMs);
        at((step + 1) * STEP_MS + random() * next, next);
      }
    }
    for (const share of [0.5, 0.99, 1]) {
      if (reached[share] === undefined && back >= share * clients) reached[share] = (step + 1) * STEP_MS;
    }
  }
  return { half: reached[0.5] ?? Infinity, most: reached[0.99] ?? Infinity, all: reached[1] ?? Infinity, triesPerClient: tries / clients };
}
