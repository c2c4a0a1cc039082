// Simulates how rooms of very different sizes fall over nodes. What comes out is per event, not per room: an event is likelier to be in
// a room where many write, so large rooms count for more.

import { seeded } from './random.mjs';

/** A room's size: discrete Pareto, cut at the largest. */
const sizeOf = (random, { exponent, smallest, largest }) => Math.min(largest, Math.floor(smallest / (1 - random()) ** (1 / exponent)));

/**
 * Rooms until all memberships are used up; each member sits on a random node, as least_conn leaves them.
 * `eachRoom(size, nodes)` is told of every room.
 */
export function scatter({ memberships, nodes, seed, ...law }, eachRoom) {
  const random = seeded(seed);
  const seen = new Int32Array(nodes).fill(-1);
  for (let left = memberships, room = 0; left > 0; room += 1) {
    const size = Math.min(sizeOf(random, law), left);
    let touched = 0;
    for (let member = 0; member < size; member += 1) {
      const node = Math.floor(random() * nodes);
      if (seen[node] !== room) {
        seen[node] = room;
        touched += 1;
      }
    }
    eachRoom(size, touched);
    left -= size;
  }
}

/** Beyond this many a simulation says nothing new: the law of the sizes knows no scale, so sums grow in proportion. */
const MEMBERSHIPS_PLAYED = 2_000_000;

const PARTITIONS = 64;

/** What one event meets on average, where a room is written to in proportion to its speakers. */
export function perEvent({ memberships, nodes, seed, speakers, presenceLimit, ...law }) {
  const played = Math.min(memberships, MEMBERSHIPS_PLAYED);
  const scale = memberships / played;
  const sums = { rooms: 0, weight: 0, deliveries: 0, nodes: 0, small: 0, smallDeliveries: 0, smallNodes: 0,
    memberNodes: 0, memberDeliveries: 0, subscriptions: 0, oneNode: 0 };
  const byWeight = new Float64Array(speakers + 1);
  const partitions = new Float64Array(PARTITIONS);
  const hash = seeded(seed + 1);
  scatter({ memberships: played, nodes, seed, ...law }, (size, touched) => {
    const weight = Math.min(size, speakers);
    sums.rooms += 1;
    sums.weight += weight;
    sums.deliveries += weight * (size - 1);
    sums.nodes += weight * touched;
    sums.subscriptions += touched;
    sums.oneNode += touched === 1 ? 1 : 0;
    sums.memberNodes += size * touched;
    byWeight[weight] += scale;
    partitions[Math.floor(hash() * PARTITIONS)] += weight;
    if (size > presenceLimit) return;
    sums.small += weight;
    sums.smallDeliveries += weight * (size - 1);
    sums.smallNodes += weight * touched;
    sums.memberDeliveries += size * (size - 1);
  });
  return {
    rooms: sums.rooms * scale,
    meanSize: played / sums.rooms,
    deliveries: sums.deliveries / sums.weight,
    nodes: sums.nodes / sums.weight,
    nodesPerRoom: sums.subscriptions / sums.rooms,
    subscriptions: sums.subscriptions * scale,
    oneNodeShare: sums.oneNode / sums.rooms,
    // Of all events, those in rooms that relay typing and receipts; and what such an event meets.
    smallShare: sums.small / sums.weight,
    smallDeliveries: sums.small > 0 ? sums.smallDeliveries / sums.small : 0,
    smallNodes: sums.small > 0 ? sums.smallNodes / sums.small : 0,
    // Of one member coming or going: the nodes that must know, and the members who are told (none in a room above the limit).
    memberNodes: sums.memberNodes / played,
    memberDeliveries: sums.memberDeliveries / played,
    // The events of the busiest partition, times the mean.
    busiest: (Math.max(...partitions) * PARTITIONS) / sums.weight,
    // How many rooms have so many speakers.
    byWeight,
    weight: sums.weight * scale,
  };
}
