#!/usr/bin/env node
// Measures what the gateway's functions cost a Redis of one's own machine: µs of the main thread a call, unpipelined and 32 at a time, and bytes
// of memory a thing. `node tools/scale/measure.mjs` (redis-server in the path); what comes out is for inputs.json.

import { readFileSync } from 'node:fs';

import { Connection, startServer } from './redis.mjs';

const LIBRARY = new URL('../../src/Gateway.Actors/Engine/Redis/Functions/gateway.lua', import.meta.url);
const P = 'gw:{ht4}:';
const CLOCK = String(Date.UTC(2026, 0, 1));
const BODY = 'x'.repeat(160);
const ROOM_SIZE = 8;
const COUNT = 16_000;
const BATCH = 32;
const SLICES = 8;

const room = (i) => `chat:room-${i}`;
const roomKey = (i, what) => `${P}r:${room(i)}:${what}`;
const user = (i) => `user-${String(i).padStart(7, '0')}`;
const session = (i) => `session-${String(i).padStart(14, '0')}`;
const fcall = (run, name, keys, ...args) => ['FCALL', `gw1_${name}`, keys.length, ...keys, run, CLOCK, ...args];

async function info(control, section, key) {
  const text = await control.call('INFO', section);
  return Number(new RegExp(`^${key}:(.*)$`, 'm').exec(text)?.[1]);
}

const mainThread = async (control) => (await info(control, 'cpu', 'used_cpu_sys_main_thread')) + (await info(control, 'cpu', 'used_cpu_user_main_thread'));

/**
 * Runs `command(i)` so often, `batch` in one write, in slices: µs of the main thread a call in the cheapest and the median slice (other
 * work on the machine makes a slice dearer, never cheaper), and bytes of memory each.
 */
async function spend({ control, work }, name, count, command, batch = BATCH) {
  const memory = await info(control, 'memory', 'used_memory');
  const from = process.hrtime.bigint();
  const slices = [];
  for (let slice = 0; slice < SLICES; slice += 1) {
    const [first, end] = [slice, slice + 1].map((part) => Math.floor((part * count) / SLICES));
    const cpu = await mainThread(control);
    for (let i = first; i < end; i += batch) await work.all(Array.from({ length: Math.min(batch, end - i) }, (_, k) => command(i + k)));
    slices.push(((await mainThread(control)) - cpu) * 1e6 / (end - first));
  }
  slices.sort((a, b) => a - b);
  const seconds = Number(process.hrtime.bigint() - from) / 1e9;
  const bytes = ((await info(control, 'memory', 'used_memory')) - memory) / count;
  const figures = [slices[0].toFixed(1).padStart(7), slices[SLICES / 2].toFixed(1).padStart(7), bytes.toFixed(0).padStart(7), (count / seconds).toFixed(0).padStart(8)];
  console.log(`${name.padEnd(50)}${figures.join(' ')}`);
}

function functions(run) {
  const event = (i, id = '', rooms = 200) => fcall(run, 'publish',
    [`${P}inc`, `${P}hot`, `${P}rooms`, roomKey(i % rooms, 'm'), roomKey(i % rooms, 's'), roomKey(i % rooms, 'i0'), roomKey(i % rooms, 'i1')],
    room(i % rooms), roomKey(i % rooms, 'ch'), id && `${id}${i}`, BODY, '1000', '604800000', '300000', '100000');
  const presence = (i) => [`${P}inc`, roomKey(i, 'p'), roomKey(i, 'pl'), roomKey(i, 'ch'), `${P}hot`];
  const at = (i) => Math.floor(i / ROOM_SIZE);
  return {
    event,
    open: (i) => fcall(run, 'session_open', [`${P}inc`, `${P}u:${user(i)}`, `${P}own`, `${P}lease`], 'n1#a.1', user(i), session(i), i, user(i)),
    rooms: (i) => fcall(run, 'session_rooms', [`${P}inc`, `${P}u:${user(i)}`], session(i), '1', 'add', room(at(i)), '128'),
    join: (i) => fcall(run, 'presence_join', [...presence(at(i)), `${P}rooms`, `${P}own`, `${P}grace`, `${P}lease`], 'n1#a.1', room(at(i)), user(i), session(i), '1', user(i), '0', '100'),
    catchup: (i) => fcall(run, 'catchup', [`${P}inc`, roomKey(i % 200, 'm'), roomKey(i % 200, 's'), roomKey(i % 200, 'c'), roomKey(i % 200, 'p'), roomKey(i % 200, 'pl')], '', '0', '0', '0', '50', '262144'),
    read: (count) => (i) => fcall(run, 'read', [`${P}inc`, roomKey(i % 200, 'm'), roomKey(i % 200, 's')], '', 'down', '', String(count), '262144', '604800000'),
    cursor: (i) => fcall(run, 'cursor', [`${P}inc`, `${P}hot`, roomKey(i % 200, 'm'), roomKey(i % 200, 'c')], room(i % 200), roomKey(i % 200, 'ch'), user(i % 4_000), 'r', String(1 + Math.floor(i / 4_000)), '20000'),
    claim: (i) => fcall(run, 'session_claim', [`${P}inc`, `${P}u:${user(i)}`, `${P}own`, `${P}grace`, `${P}lease`, `${P}notices`, `${P}n`], 'n1#a.1', user(i), session(i), i, user(i), '12000', '120000'),
    leave: (i) => fcall(run, 'presence_leave', [...presence(at(i)), `${P}own`, `${P}grace`], room(at(i)), user(i), session(i), '', 'n1#a.1', '', CLOCK, '0'),
    detach: (i) => fcall(run, 'session_detach', [`${P}inc`, `${P}u:${user(i)}`, `${P}own`, `${P}grace`], user(i), session(i), '', 'n1#a.1', CLOCK, '0'),
    presenceDue: (i) => fcall(run, 'presence_due', [...presence(at(i)), `${P}grace`], room(at(i)), user(i), session(i), ''),
    sessionDue: (i) => fcall(run, 'session_due', [`${P}inc`, `${P}u:${user(i)}`, `${P}grace`], user(i), session(i), CLOCK),
    beat: (i) => fcall(run, 'beat', [`${P}inc`, `${P}lease`, `${P}own`, `${P}grace`, `${P}hot`, `${P}notices`], 'n1#a.1', '0', '999999999', '', '1', '12000'),
    signal: () => ['SPUBLISH', roomKey(0, 'ch'), `S ${BODY}`],
  };
}

async function measure(server) {
  const [control, work] = [await Connection.to(server.port), await Connection.to(server.port)];
  const run = /run_id:(\w+)/.exec(await control.call('INFO', 'server'))[1];
  await control.call('FUNCTION', 'LOAD', 'REPLACE', readFileSync(LIBRARY, 'latin1'));
  const f = functions(run);
  const on = { control, work };
  await work.call(...f.beat(0));
  console.log(`Redis ${/redis_version:(\S+)/.exec(await control.call('INFO', 'server'))[1]} with deploy/redis.conf; pipelined ${BATCH} at a time unless it says otherwise\n`);
  console.log(`${''.padEnd(50)} µs low  median   bytes calls/s`);

  await spend(on, 'publish, no id (rooms fill)', COUNT, (i) => f.event(i));
  await spend(on, 'publish with an id', COUNT, (i) => f.event(i, 'a'));
  await spend(on, 'publish with an id, histories full', 200_000, (i) => f.event(i, 'b'));
  await spend(on, 'publish with an id, histories full, one at a time', 3_000, (i) => f.event(i, 'c'), 1);
  await spend(on, 'signal (SPUBLISH)', COUNT, f.signal);
  await spend(on, 'cursor', COUNT, f.cursor);
  await spend(on, 'catchup, nothing missed', COUNT, f.catchup);
  await spend(on, 'read of 10 events', COUNT, f.read(10));
  await spend(on, 'read of 50 events', COUNT / 4, f.read(50));
  await spend(on, 'session_open', COUNT, f.open);
  await spend(on, 'session_rooms', COUNT, f.rooms);
  await spend(on, `presence_join, rooms of ${ROOM_SIZE}`, COUNT, f.join);
  await spend(on, 'beat, nothing to do', COUNT, f.beat);
  await spend(on, 'beat, one at a time', 2_000, f.beat, 1);
  await spend(on, 'session_claim (a takeover)', COUNT, f.claim);
  await spend(on, 'presence_leave, to grace', COUNT, f.leave);
  await spend(on, 'presence_due', COUNT, f.presenceDue);
  await spend(on, 'session_detach', COUNT, f.detach);
  await spend(on, 'session_due', COUNT, f.sessionDue);

  for (const batch of [1, 16]) {
    for (const nodes of [0, 1, 3, 10, 30]) {
      const subscribers = [];
      for (let i = 0; i < nodes; i += 1) {
        const subscriber = await Connection.to(server.port);
        subscriber.socket.write(`SSUBSCRIBE ${roomKey(0, 'ch')}\r\n`);
        subscriber.drain();
        subscribers.push(subscriber);
      }
      await spend(on, `signal to ${nodes} nodes, ${batch} in one write`, batch === 1 ? 3_000 : COUNT, f.signal, batch);
      subscribers.forEach((subscriber) => subscriber.close());
    }
  }
  control.close();
  work.close();
}

const server = await startServer();
try {
  await measure(server);
} finally {
  await server.stop();
}
