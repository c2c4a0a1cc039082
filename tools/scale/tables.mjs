// What the model says, as the tables of docs/SCALING.md: a range is from all costs low to all costs high, to two digits.

import { cluster, costsAt, deliveryUs, eventsPerPrimary, meetsOf, nodeBounds, pushUs, resumeUs, waits } from './model.mjs';
import { resumesPerSecond, storm } from './storm.mjs';

const SIZES = [100_000, 1_000_000, 10_000_000];

const ROOMS_SHOWN_FOR = 100_000;

/** Clients of the node that dies, and nodes before. */
const DEATHS = [[1_000, 3], [3_000, 3], [10_000, 3], [30_000, 3], [100_000, 11], [100_000, 101]];

export function round(value, digits = 2) {
  if (!Number.isFinite(value) || value === 0) return value;
  return Number(value.toPrecision(digits));
}

export function number(value, digits = 2) {
  if (!Number.isFinite(value)) return 'over 120';
  const rounded = round(value, digits);
  const [whole, fraction] = String(rounded).split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction ? `.${fraction}` : '');
}

export function range(a, b, digits = 2) {
  const [low, high] = [Math.min(a, b), Math.max(a, b)].map((value) => number(value, digits));
  return low === high ? low : `${low}–${high}`;
}

const count = (value) => number(value, 9);
const counts = (a, b) => (a === b ? count(a) : `${count(Math.min(a, b))}–${count(Math.max(a, b))}`);
const millions = (value) => (value >= 1e6 ? `${value / 1e6} M` : `${value / 1e3} k`);
const percent = (a, b) => `${range(a * 100, b * 100)} %`;

function table(head, rows) {
  return [`| ${head.join(' | ')} |`, `|${head.map((_, i) => (i === 0 ? ' --- ' : ' ---: ')).join('|')}|`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}

const ends = (inputs) => ['low', 'high'].map((end) => costsAt(inputs, end));
const both = (costs, f) => costs.map(f);

function inputsTable(inputs) {
  const rows = [];
  for (const group of ['node', 'redis', 'machines', 'rooms', 'storm', 'levers']) {
    for (const [key, input] of Object.entries(inputs[group])) {
      const value = input.value !== undefined ? count(input.value) : input.low < input.high ? range(input.low, input.high, 3) : `${number(input.low, 3)} to ${number(input.high, 3)}`;
      rows.push([`\`${group}.${key}\``, value, `${input.unit}${input.note ? `; ${input.note}` : ''}`, input.origin]);
    }
  }
  for (const [key, load] of Object.entries(inputs.workloads)) {
    const { publishesPerSecond, roomsPerConnection, chatter, lifetimeSeconds } = load;
    rows.push([`\`workloads.${key}\``, publishesPerSecond, `events a second and connection; ${roomsPerConnection} rooms each, ${chatter} signals and receipts an event, connected for ${lifetimeSeconds} s; ${load.note}`, load.origin]);
  }
  return table(['input', 'value', 'of what', 'origin'], rows).replace('| --- | ---: | ---: | ---: |', '| --- | ---: | --- | --- |');
}

function unitsTable(inputs) {
  const costs = ends(inputs);
  const rows = [1, 2, 4, 8, 32].map((batch) => [
    batch,
    range(...both(costs, (c) => deliveryUs(c, batch))),
    range(...both(costs, (c) => (c.machines.utilisation * 1e6) / deliveryUs(c, batch))),
    range(...both(costs, (c) => deliveryUs(c, batch) * c.node.tlsFactor)),
    range(...both(costs, (c) => pushUs(c, batch))),
  ]);
  return table(['events in one write', 'µs a delivery', 'deliveries/s a core', 'µs with TLS in the gateway', 'Redis: µs a push and node'], rows);
}

function primaryTable(inputs) {
  const costs = ends(inputs);
  const rows = [1, 3, 10, 30, 100, 300].map((nodes) => [
    count(nodes),
    ...[1, 4, 16].map((batch) => range(...both(costs, (c) => eventsPerPrimary(c, nodes, batch)))),
  ]);
  return table(['nodes that the room is on', '1 push a write', '4 pushes a write', '16 pushes a write'], rows);
}

function waitsTable(inputs) {
  const costs = ends(inputs);
  const service = (c) => c.redis.publishUs + 3 * pushUs(c);
  const rows = [0.5, 0.6, 0.7, 0.8, 0.9].map((used) => [
    `${used * 100} %`,
    range(...both(costs, (c) => waits(service(c), used).meanUs)),
    range(...both(costs, (c) => waits(service(c), used).p99Us)),
  ]);
  return table(['Redis busy', 'mean µs in Redis', 'p99 µs'], rows);
}

function roomsTable(inputs) {
  const [costs] = ends(inputs);
  const chat = inputs.workloads.chat;
  const rows = [3, 10, 30, 100, 300].map((nodes) => {
    const meets = meetsOf(costs, { connections: ROOMS_SHOWN_FOR, rooms: chat.roomsPerConnection }, nodes);
    return [count(nodes), number(meets.nodesPerRoom), `${number(meets.oneNodeShare * 100)} %`, number(meets.nodes), number(meets.deliveries), `${number(meets.smallShare * 100)} %`, number(meets.busiest, 3)];
  });
  return table(['nodes', 'nodes a room', 'rooms on one node', 'nodes an event', 'deliveries an event', 'events in rooms with typing and receipts', 'busiest of 64 partitions, times the mean'], rows);
}

const clusters = (inputs, name, size) => both(ends(inputs), (costs) => cluster(costs, inputs.workloads[name], size));

function nodeTable(inputs) {
  const rows = Object.keys(inputs.workloads).map((name) => {
    const bounds = ends(inputs).map((costs) => {
      const { load, meets, nodes } = cluster(costs, inputs.workloads[name], 1_000_000);
      return nodeBounds(costs, load, meets, nodes);
    });
    return [name, range(...bounds.map((b) => b.cpu)), range(...bounds.map((b) => b.memory)), count(bounds[0].admitted)];
  });
  return table(['load', 'by CPU', 'by memory', 'admitted'], rows);
}

function clustersTable(inputs) {
  const rows = [];
  for (const name of Object.keys(inputs.workloads)) {
    for (const size of SIZES) {
      const [a, b] = clusters(inputs, name, size);
      rows.push([
        name, millions(size), counts(a.nodes, b.nodes), [...new Set([a.bound[0], b.bound[0]])].join(', '), range(a.load.events, b.load.events),
        range(a.node.deliveries, b.node.deliveries), range(a.redis.cores, b.redis.cores), counts(a.primariesByCpu, b.primariesByCpu),
        range(a.gb, b.gb), counts(a.primariesByMemory, b.primariesByMemory),
      ]);
    }
  }
  const head = ['load', 'connections', 'nodes', 'bound by', 'events/s', 'deliveries/s a node', 'Redis cores', 'primaries by CPU', 'Redis GB', 'primaries by memory'];
  return table(head, rows);
}

function spendTable(inputs) {
  const rows = [];
  for (const name of Object.keys(inputs.workloads)) {
    for (const size of SIZES) {
      const [a, b] = clusters(inputs, name, size);
      const share = (part) => percent(a.redis.parts[part] / 1e6 / a.redis.cores, b.redis.parts[part] / 1e6 / b.redis.cores);
      rows.push([name, millions(size), ...['publishes', 'pushes', 'chatter', 'connections', 'beats'].map(share)]);
    }
  }
  return table(['load', 'connections', 'publishes', 'pushes to nodes', 'typing, receipts', 'connects, presence', 'beats'], rows);
}

/** What changes where one thing is done otherwise: at 10 M connections of the load `chat`. */
function leversTable(inputs) {
  const { largeNodes, roomNodes, pushesPerWrite, historySize } = Object.fromEntries(Object.entries(inputs.levers).map(([key, lever]) => [key, lever.value]));
  const larger = (c) => ({ ...c, machines: { ...c.machines, nodeCores: c.machines.nodeCores * largeNodes, nodeGB: c.machines.nodeGB * largeNodes, connectionsPerNode: c.machines.connectionsPerNode * largeNodes } });
  const batched = (c) => ({ ...c, redis: { ...c.redis, pushesPerWrite } });
  const shorter = (c) => ({ ...c, machines: { ...c.machines, historySize } });
  const kept = { meetsFor: (c, load, nodes) => meetsOf(c, load, Math.min(nodes, roomNodes)) };
  const ways = [
    ['as above', (c) => c, {}],
    [`nodes ${largeNodes} times as large`, larger, {}],
    [`a room's members on ${roomNodes} nodes at most`, (c) => c, kept],
    [`${pushesPerWrite} pushes a write`, batched, {}],
    [`${historySize} events a room`, shorter, {}],
    ['all four', (c) => shorter(batched(larger(c))), kept],
  ];
  const rows = ways.map(([name, way, options]) => {
    const [a, b] = both(ends(inputs), (costs) => cluster(way(costs), inputs.workloads.chat, 10_000_000, options));
    return [name, counts(a.nodes, b.nodes), range(a.meets.nodes, b.meets.nodes), range(a.redis.cores, b.redis.cores), counts(a.primariesByCpu, b.primariesByCpu), range(a.gb, b.gb), counts(a.primariesByMemory, b.primariesByMemory)];
  });
  return table(['what is done', 'nodes', 'nodes an event', 'Redis cores', 'primaries by CPU', 'Redis GB', 'primaries by memory'], rows);
}

function stormOf(costs, inputs, { clients, nodes }) {
  const rooms = inputs.workloads.chat.roomsPerConnection;
  const primaries = Math.max(1, Math.round(((nodes - 1) * clients) / 250_000));
  const rates = resumesPerSecond(costs, { survivors: nodes - 1, rooms, nodeBusy: 0.5, redisBusy: 0.5, primaries });
  const [by, perSecond] = Object.entries(rates).reduce((least, rate) => (rate[1] < least[1] ? rate : least));
  return { primaries, by, perSecond, ...storm(costs, { clients, perSecond, seed: inputs.rooms.seed.value }) };
}

function stormTable(inputs) {
  const costs = ends(inputs);
  const rows = DEATHS.map(([clients, nodes]) => {
    const [a, b] = both(costs, (c) => stormOf(c, inputs, { clients, nodes }));
    const grace = inputs.machines.graceMs.value;
    const inTime = [a, b].map((s) => s.most <= grace);
    return [
      millions(clients), nodes, counts(a.primaries, b.primaries), [...new Set([a.by, b.by])].join(', '), range(a.perSecond, b.perSecond),
      range(a.half / 1000, b.half / 1000), range(a.most / 1000, b.most / 1000), range(a.triesPerClient, b.triesPerClient),
      inTime[0] === inTime[1] ? (inTime[0] ? 'yes' : 'no') : 'at low costs',
    ];
  });
  return table(['clients of the node', 'nodes before', 'primaries', 'bound by', 'resumes/s', 's to 50 %', 's to 99 %', 'tries a client', '99 % within the grace period'], rows);
}

function drainTable(inputs) {
  const costs = ends(inputs);
  const rooms = inputs.workloads.chat.roomsPerConnection;
  const window = inputs.machines.drainMs.value / 1000;
  const rows = DEATHS.map(([clients, nodes]) => {
    const rates = both(costs, (c) => stormOf(c, inputs, { clients, nodes }).perSecond);
    const needed = rates.map((rate) => clients / (0.65 * rate));
    const load = both(costs, (c) => ((clients / window) * resumeUs(c, rooms)) / 1e6);
    return [millions(clients), nodes, count(clients / window), range(...load), range(...needed)];
  });
  return table(['clients of the node', 'nodes before', `resumes/s in a window of ${window} s`, 'Redis cores for them', 'window in s at 65 % of what the others can take'], rows);
}

/** Name → table, in the order of the document. */
export const tables = (inputs) => ({
  units: unitsTable(inputs),
  primary: primaryTable(inputs),
  waits: waitsTable(inputs),
  rooms: roomsTable(inputs),
  node: nodeTable(inputs),
  clusters: clustersTable(inputs),
  spend: spendTable(inputs),
  levers: leversTable(inputs),
  storm: stormTable(inputs),
  drain: drainTable(inputs),
  inputs: inputsTable(inputs),
});
