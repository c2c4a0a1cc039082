// The arithmetic of a cluster: what a node and a Redis primary spend a second, and how many of each a number of connections needs.
// Pure functions of the inputs; a `costs` object has one number for each cost, either all low or all high.

import { perEvent } from './rooms.mjs';

const GB = 1e9;
const NODE_MEMORY_SHARE = 0.7;
const REDIS_MEMORY_SHARE = 0.5;

/** All inputs at one end of their ranges. */
export function costsAt(inputs, end) {
  const pick = (group) => Object.fromEntries(Object.entries(group).map(([key, input]) => [key, input.value ?? input[end]]));
  return { node: pick(inputs.node), redis: pick(inputs.redis), machines: pick(inputs.machines), rooms: pick(inputs.rooms), storm: pick(inputs.storm) };
}

/** µs of CPU a delivery where `batch` events go out in one send. */
export const deliveryUs = ({ node }, batch = 1) => node.sendUs / batch + node.frameUs;

/** µs of Redis' main thread a pushed event and node where `batch` pushes go out in one write. */
export const pushUs = ({ redis }, batch = 1) => redis.pushSendUs / batch + redis.pushUs;

/** Events a second that one partition carries where its rooms are on `nodes` nodes. */
export const eventsPerPrimary = (costs, nodes, batch = 1) => (costs.machines.utilisation * 1e6) / (costs.redis.publishUs + nodes * pushUs(costs, batch));

/** Mean and 99th percentile of the wait and service of a single server with random arrivals (M/M/1). */
export const waits = (serviceUs, utilisation) => ({ meanUs: serviceUs / (1 - utilisation), p99Us: (serviceUs * Math.log(100)) / (1 - utilisation) });

/** µs of Redis' main thread for a connection that comes with so many rooms. */
const connectUs = ({ redis }, rooms) => redis.functionUs * (redis.connectCalls + redis.roomCalls * rooms);

/** The same for one that comes back. */
export const resumeUs = (costs, rooms) => costs.redis.resumeFactor * connectUs(costs, rooms);

/** The same for one that goes, until nobody remembers it. */
const disconnectUs = ({ redis }, rooms) => redis.functionUs * (redis.disconnectCalls + redis.leaveCalls * rooms);

/** What a node spends, in cores; `share` of the load is its own. */
function nodeCores(costs, load, meets, nodes) {
  const { node } = costs;
  // Each connect is a disconnect, too; both are told to each of its rooms.
  const moves = 2 * load.connects * load.rooms;
  const events = (load.events * (meets.nodes + load.chatter * meets.smallShare * meets.smallNodes) + moves * meets.memberNodes) / nodes;
  const deliveries = (load.events * (meets.deliveries + load.chatter * meets.smallShare * meets.smallDeliveries) + moves * meets.memberDeliveries) / nodes;
  const parts = {
    deliveries: deliveries * deliveryUs(costs),
    events: events * node.eventUs,
    publishes: (load.events * (1 + load.chatter * meets.smallShare) / nodes) * node.publishUs,
    connects: (load.connects / nodes) * (node.connectUs + (load.rooms - 1) * node.joinUs),
    idle: (load.connections / nodes) * node.idleUs,
    beats: costs.machines.partitions * node.beatUs,
  };
  return { cores: Object.values(parts).reduce((a, b) => a + b) / 1e6, parts, deliveries };
}

/** What all Redis primaries spend together, in cores. */
function redisCores(costs, load, meets, nodes) {
  const { redis, machines } = costs;
  const chatter = load.events * load.chatter * meets.smallShare;
  const signals = chatter * (2 / 3);
  const parts = {
    publishes: load.events * redis.publishUs,
    pushes: (load.events * meets.nodes + chatter * meets.smallNodes) * pushUs(costs, redis.pushesPerWrite),
    chatter: signals * redis.signalUs + (chatter - signals) * redis.cursorUs,
    connections: load.connects * (connectUs(costs, load.rooms) + disconnectUs(costs, load.rooms) + 2 * load.rooms * meets.memberNodes * pushUs(costs, redis.pushesPerWrite)),
    beats: nodes * machines.partitions * redis.beatUs,
  };
  return { cores: Object.values(parts).reduce((a, b) => a + b) / 1e6, parts };
}

/** A room keeps what its speakers wrote within its days, up to its size; the load is taken to be there day and night. */
function storedEvents({ machines }, load, meets) {
  const perSpeaker = (load.events / meets.weight) * machines.historyDays * 86_400;
  return meets.byWeight.reduce((sum, rooms, speakers) => sum + rooms * Math.min(machines.historySize, speakers * perSpeaker), 0);
}

function redisGB(costs, load, meets) {
  const { redis, machines } = costs;
  return {
    history: (storedEvents(costs, load, meets) * redis.eventBytes) / GB,
    // Two generations of a window, of which the older one is complete.
    ids: (load.events * machines.idSeconds * 1.5 * redis.idBytes) / GB,
    people: (load.connections * (redis.sessionBytes + load.rooms * redis.memberBytes)) / GB,
    subscriptions: (meets.subscriptions * redis.subscriptionBytes) / GB,
  };
}

/** How many connections one node carries, by each bound that is the node's own. */
export function nodeBounds(costs, load, meets, nodes) {
  const per = nodeCores(costs, load, meets, nodes).cores / (load.connections / nodes);
  const { node, machines } = costs;
  return {
    cpu: (machines.nodeCores * machines.utilisation) / per,
    memory: (machines.nodeGB * NODE_MEMORY_SHARE * GB) / ((node.connectionKB + node.kernelKB) * 1e3),
    admitted: machines.connectionsPerNode,
  };
}

const lowest = (bounds) => Object.entries(bounds).reduce((least, bound) => (bound[1] < least[1] ? bound : least));

/** The cluster for so many connections of one workload. More nodes mean more pushes an event, so it is solved by going round. */
export function cluster(costs, workload, connections, { meetsFor = meetsOf } = {}) {
  const load = {
    connections,
    events: connections * workload.publishesPerSecond,
    connects: connections / workload.lifetimeSeconds,
    rooms: workload.roomsPerConnection,
    chatter: workload.chatter,
  };
  let nodes = Math.max(2, Math.ceil(connections / costs.machines.connectionsPerNode));
  let bound;
  let meets;
  for (let round = 0; round < 8; round += 1) {
    meets = meetsFor(costs, load, nodes);
    bound = lowest(nodeBounds(costs, load, meets, nodes));
    // One more than needed, so that one may be away.
    const needed = Math.ceil(connections / bound[1]) + 1;
    if (needed === nodes) break;
    nodes = needed;
  }
  const redis = redisCores(costs, load, meets, nodes);
  const memory = redisGB(costs, load, meets);
  const gb = Object.values(memory).reduce((a, b) => a + b);
  return {
    load, meets, nodes, bound, redis, memory, gb,
    node: nodeCores(costs, load, meets, nodes),
    primariesByCpu: Math.ceil(redis.cores / costs.machines.utilisation),
    primariesByMemory: Math.ceil(gb / (costs.machines.redisGB * REDIS_MEMORY_SHARE)),
  };
}

const known = new Map();

/** The simulation of rooms for this load, remembered: it is the dear part, and does not depend on costs. */
export function meetsOf(costs, load, nodes) {
  const law = { ...costs.rooms, presenceLimit: costs.machines.presenceLimit, memberships: Math.round(load.connections * load.rooms), nodes };
  const key = JSON.stringify(law);
  if (!known.has(key)) known.set(key, perEvent(law));
  return known.get(key);
}
