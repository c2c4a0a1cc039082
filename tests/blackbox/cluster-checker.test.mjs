// The judge of the cluster's runs flags each broken promise by its name, and lets a sound run pass: also one with a failover, a
// rollback, retries and a lost history in it.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { RULES, judge } from './harness/checker.mjs';
import { History } from './harness/history.mjs';

const ROOM = 'r';
const OPTIONS = {
  watchers: ['watcher'], graceMs: 2_000, resumeP99Ms: 6_000, caughtUp: ['watcher', 'ann'],
  departures: [{ room: ROOM, user: 'gone', at: 10_000 }], stayed: [{ user: 'ann', from: 0, to: 60_000 }],
};

/** Two clients: ann publishes every event and hears herself by acks, until she resumes and hears what she missed; watcher hears all. */
function sound() {
  const history = new History();
  const [ann, watcher] = [history.log('ann'), history.log('watcher')];
  let now = 0;
  const add = (log, kind, fields) => log.entries.push({ at: (now += 100), kind, room: ROOM, socket: 1, ...fields });
  const stored = [];
  add(ann, 'joined', { seq: 0, epoch: 'k1', recovered: true, asked: { since: 0 }, users: [] });
  add(watcher, 'joined', { seq: 0, epoch: 'k1', recovered: true, asked: { since: 0 }, users: ['ann', 'gone'] });
  for (let seq = 1; seq <= 20; seq += 1) {
    const epoch = seq <= 10 ? 'k1' : 'k2';
    const event = { seq, epoch, id: `e${seq}`, senderId: 'ann', n: seq };
    add(ann, 'sent', { id: event.id, n: seq });
    stored.push(event);
    if (seq === 15) {
      // The ack was lost with the socket; the event comes as replay, and the retry is a duplicate.
      add(ann, 'joined', { socket: 2, seq, epoch, recovered: true, asked: { since: 14, epoch: 'k2' }, users: ['watcher'] });
      add(ann, 'resumed', { ms: 900 });
      add(ann, 'event', { ...event, socket: 2, replay: true });
      add(ann, 'sent', { id: event.id, n: seq, socket: 2 });
      add(ann, 'ack', { id: event.id, seq, epoch, duplicate: true, socket: 2 });
    } else add(ann, 'ack', { id: event.id, seq, epoch, socket: seq > 15 ? 2 : 1 });
    if (seq > 15) ann.entries.filter((e) => e.kind === 'sent').at(-1).socket = 2;
    add(watcher, 'event', event);
  }
  watcher.entries.push({ at: 13_000, kind: 'present', room: ROOM, user: 'gone', in: false, reason: 'timeout' });
  watcher.entries.push({ at: 14_000, kind: 'present', room: ROOM, user: 'new', in: true });
  history.keep(ROOM, stored);
  history.memory = Array.from({ length: 9 }, (_, i) => ({ name: 'n1', mb: 100 + i }));
  return history;
}

const log = (history, name) => history.logs.find((one) => one.name === name);
const entries = (history, name, kind) => log(history, name).entries.filter((entry) => entry.kind === kind);
const cut = (history, name, entry) => { log(history, name).entries = log(history, name).entries.filter((one) => one !== entry); };

const covered = new Set();

function flagged(title, rule, doctor, options = OPTIONS) {
  covered.add(rule);
  it(`${title} is flagged as ${rule}`, () => {
    const history = sound();
    doctor(history);
    const found = judge(history, options);
    assert.ok(found.some((sentence) => sentence.startsWith(`${rule}: `)), `not flagged: ${found.join('; ') || 'nothing found'}`);
  });
}

it('a sound run passes', () => assert.deepEqual(judge(sound(), OPTIONS), []));

flagged('an acked event that is not stored', 'acked-is-stored', (h) => h.stored.get(ROOM).pop());
flagged('an acked event in another epoch', 'acked-is-stored', (h) => { h.stored.get(ROOM)[3].epoch = 'k9'; });
flagged('another event under the acked position', 'acked-is-stored', (h) => { h.stored.get(ROOM)[3].id = 'other'; });
flagged('a hole in the store', 'contiguous', (h) => h.stored.get(ROOM).splice(5, 1));
flagged('a store without its beginning', 'contiguous', (h) => h.stored.get(ROOM).splice(0, 2));
flagged('a seq stored twice', 'contiguous', (h) => h.stored.get(ROOM).splice(5, 0, { ...h.stored.get(ROOM)[4], id: 'x' }));
flagged('an event stored twice', 'once', (h) => h.stored.get(ROOM).push({ ...h.stored.get(ROOM)[4], seq: 21 }));
flagged('a reused seq', 'same-event', (h) => { entries(h, 'watcher', 'event')[6].id = 'other'; });
flagged('an invented event', 'invented', (h) => h.stored.get(ROOM).push({ seq: 21, epoch: 'k2', id: 'x', senderId: 'ann', n: 1 }));
flagged('a changed event', 'invented', (h) => { h.stored.get(ROOM)[2].n = 99; });
flagged('a publish without an answer', 'answered', (h) => cut(h, 'ann', entries(h, 'ann', 'ack').at(-1)));
flagged('a degraded publish that was given up', 'answered', (h) => {
  const ack = entries(h, 'ann', 'ack').at(-1);
  Object.assign(ack, { kind: 'refused', code: 'degraded' });
});
flagged('two acks for one publish', 'answered-once', (h) => log(h, 'ann').entries.push({ ...entries(h, 'ann', 'ack')[3] }));
flagged('a duplicate', 'no-twice', (h) => log(h, 'watcher').entries.push({ ...entries(h, 'watcher', 'event')[7] }));
flagged('a swap', 'in-order', (h) => {
  const [a, b] = entries(h, 'watcher', 'event').slice(4, 6);
  const all = log(h, 'watcher').entries;
  const [i, j] = [all.indexOf(a), all.indexOf(b)];
  [all[i], all[j]] = [b, a];
});
flagged('a position that comes late', 'in-order', (h) => {
  const late = entries(h, 'watcher', 'event')[4];
  cut(h, 'watcher', late);
  log(h, 'watcher').entries.push(late);
});
flagged('a drop', 'no-hole', (h) => cut(h, 'watcher', entries(h, 'watcher', 'event')[4]));
flagged('a dropped end', 'caught-up', (h) => cut(h, 'watcher', entries(h, 'watcher', 'event').at(-1)));
flagged('an ack that overtakes', 'ack-in-order', (h) => {
  const late = entries(h, 'ann', 'event')[0];
  const [, retried] = entries(h, 'ann', 'sent').filter((entry) => entry.id === 'e15');
  for (const entry of [late, ...entries(h, 'ann', 'ack').filter((one) => one.id === 'e15'), retried]) cut(h, 'ann', entry);
  log(h, 'ann').entries.push(late);
});
flagged('an unsaid gap', 'gap-said', (h) => { entries(h, 'ann', 'joined')[1].recovered = false; });
flagged('a rollback that says too little', 'gap-said', (h) => {
  log(h, 'watcher').entries.push({ at: 90_000, kind: 'gap', room: ROOM, from: 18, to: 19, reason: 'rolled_back', epoch: 'k3' });
});
flagged('a silent rollback', 'agrees', (h) => {
  h.stored.get(ROOM).splice(18);
  log(h, 'watcher').entries.push({ at: 90_000, kind: 'gap', room: ROOM, from: 19, to: 20, reason: 'rolled_back', epoch: 'k3' });
});
flagged('a false user_left', 'no-false-left', (h) => log(h, 'watcher').entries.push({ at: 9_000, kind: 'present', room: ROOM, user: 'ann', in: false }));
flagged('a doubled user_joined', 'presence-alternates', (h) => log(h, 'watcher').entries.push({ at: 15_000, kind: 'present', room: ROOM, user: 'new', in: true }));
flagged('a user_left of one who was not there', 'presence-alternates', (h) => log(h, 'watcher').entries.push({ at: 15_000, kind: 'present', room: ROOM, user: 'nobody', in: false }));
flagged('a missing user_left', 'left-once', (h) => cut(h, 'watcher', entries(h, 'watcher', 'present')[0]));
flagged('a doubled user_left', 'left-once', (h) => log(h, 'watcher').entries.push({ at: 15_000, kind: 'present', room: ROOM, user: 'gone', in: false }));
flagged('a late user_left', 'left-in-time', (h) => { entries(h, 'watcher', 'present')[0].at = 17_100; });
flagged('an early user_left', 'left-in-time', (h) => { entries(h, 'watcher', 'present')[0].at = 10_300; });
flagged('a slow resume', 'resume-in-time', (h) => { entries(h, 'ann', 'resumed')[0].ms = 6_001; });
flagged('a run in which nobody resumed', 'resume-in-time', (h) => cut(h, 'ann', entries(h, 'ann', 'resumed')[0]));
flagged('a process that grows', 'memory-bounded', (h) => h.memory.slice(6).forEach((sample) => { sample.mb += 500; }), { ...OPTIONS, maxMb: 10_000 });
flagged('a process that is too big', 'memory-bounded', (h) => { h.memory[4].mb = 5_000; });

it('an own ack that comes after later events is no hole, also when it comes as a duplicate on the next line', () => {
  const history = sound();
  const [late] = entries(history, 'ann', 'ack').filter((entry) => entry.seq === 18);
  cut(history, 'ann', late);
  log(history, 'ann').entries.push({ ...late, at: 80_000, kind: 'sent', socket: 3, n: 18 }, { ...late, at: 80_001, socket: 3, duplicate: true });
  assert.deepEqual(judge(history, OPTIONS), []);
});

it('every rule is tested', () => assert.deepEqual(Object.keys(RULES).filter((rule) => !covered.has(rule)), []));

/** A failover that lost 18–20, told to both; ann sends the lost ones again with their old ids. */
function failedOver() {
  const history = sound();
  const gap = { kind: 'gap', room: ROOM, from: 18, to: 20, reason: 'rolled_back', epoch: 'k3' };
  let at = 90_000;
  for (const name of ['ann', 'watcher']) log(history, name).entries.push({ at: (at += 1), ...gap });
  const stored = history.stored.get(ROOM).slice(0, 17);
  for (let seq = 18; seq <= 20; seq += 1) {
    const event = { seq, epoch: 'k3', id: `e${38 - seq}`, senderId: 'ann', n: 38 - seq };
    log(history, 'ann').entries.push({ at: (at += 1), kind: 'sent', room: ROOM, socket: 2, id: event.id, n: event.n });
    log(history, 'ann').entries.push({ at: (at += 1), kind: 'ack', room: ROOM, socket: 2, ...event });
    log(history, 'watcher').entries.push({ at: (at += 1), kind: 'event', room: ROOM, ...event });
    stored.push(event);
  }
  history.stored.set(ROOM, stored);
  return history;
}

it('a failover that was told passes, with the lost events sent again', () => assert.deepEqual(judge(failedOver(), OPTIONS), []));

it('a failover that was not told is flagged', () => {
  const history = failedOver();
  for (const name of ['ann', 'watcher']) log(history, name).entries = log(history, name).entries.filter((entry) => entry.kind !== 'gap');
  const found = judge(history, OPTIONS).map((sentence) => sentence.split(':')[0]);
  for (const rule of ['acked-is-stored', 'no-twice', 'agrees']) assert.ok(found.includes(rule), `${rule} is not among ${found}`);
});

it('a lost history that was told passes', () => {
  const history = sound();
  let at = 90_000;
  history.stored.set(ROOM, []);
  for (const name of ['ann', 'watcher']) {
    log(history, name).entries.push({ at: (at += 1), kind: 'joined', room: ROOM, socket: 3, seq: 1, epoch: 'k7', recovered: false, asked: { since: 20, epoch: 'k2' } });
    log(history, name).entries.push({ at: (at += 1), kind: 'gap', room: ROOM, reason: 'reset', epoch: 'k7' });
  }
  const event = { seq: 1, epoch: 'k7', id: 'e21', senderId: 'ann', n: 21 };
  log(history, 'ann').entries.push({ at: (at += 1), kind: 'sent', room: ROOM, socket: 3, id: 'e21', n: 21 }, { at: (at += 1), kind: 'ack', room: ROOM, socket: 3, ...event },
    { at: (at += 1), kind: 'event', room: ROOM, ...event });
  log(history, 'watcher').entries.push({ at: (at += 1), kind: 'event', room: ROOM, ...event });
  history.keep(ROOM, [event]);
  assert.deepEqual(judge(history, OPTIONS), []);
});
