// The judge of the kill tests can find what it is there to find.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { seeded, violations } from './harness/checker.mjs';

function sound() {
  const sent = new Map();
  const acks = new Map();
  const events = [];
  for (let seq = 1; seq <= 40; seq += 1) {
    const senderId = `u${seq % 3}`;
    const id = `${senderId}-${seq}`;
    sent.set(id, { senderId, n: seq });
    if (seq % 5 !== 0) acks.set(id, { seq, epoch: 'k1' });
    events.push({ id, seq, epoch: 'k1', senderId, n: seq });
  }
  sent.set('u0-99', { senderId: 'u0', n: 99 });
  return { sent, acks, events };
}

function flagged(doctor, pattern) {
  const run = sound();
  doctor(run);
  const found = violations(run);
  assert.ok(found.some((sentence) => pattern.test(sentence)), `not flagged: ${found.join('; ')}`);
}

it('a sound history passes', () => assert.deepEqual(violations(sound()), []));
it('an empty history of nothing acked passes', () => assert.deepEqual(violations({ events: [], sent: new Map(), acks: new Map() }), []));
it('a dropped acked event is flagged', () => flagged((r) => r.events.splice(10, 1), /lost/));
it('a dropped event leaves a hole', () => flagged((r) => r.events.splice(4, 1), /hole/));
it('a lost tail is flagged', () => flagged((r) => r.events.splice(30), /lost/));
it('a lost start is flagged', () => flagged((r) => r.events.splice(0, 5), /hole/));
it('a duplicate is flagged', () => flagged((r) => r.events.push({ ...r.events[3], seq: 41 }), /doubled/));
it('a swap is flagged', () => flagged((r) => { [r.events[6], r.events[7]] = [r.events[7], r.events[6]]; }, /out of order|hole/));
it('a swap with renumbering is flagged', () => flagged((r) => {
  [r.events[5], r.events[6]] = [{ ...r.events[6], seq: 6 }, { ...r.events[5], seq: 7 }];
}, /moved/));
it('a reused seq is flagged', () => flagged((r) => { r.events[8] = { ...r.events[8], seq: 8 }; }, /used twice/));
it('an event at another position than acked is flagged', () => flagged((r) => r.acks.set('u1-1', { seq: 2 }), /moved/));
it('an event of another epoch than acked is flagged', () => flagged((r) => { r.events[0].epoch = 'k2'; }, /epoch/));
it('an invented event is flagged', () => flagged((r) => r.events.push({ id: 'x', seq: 41, senderId: 'u0', n: 1 }), /invented/));
it('a changed body is flagged', () => flagged((r) => { r.events[2].n = 777; }, /changed/));
it('a sender out of order is flagged', () => flagged((r) => {
  r.sent.set('u0-1', { senderId: 'u0', n: 1 });
  r.events.push({ id: 'u0-1', seq: 41, senderId: 'u0', n: 1 });
}, /order is broken/));

it('a seed repeats its run', () => {
  const [a, b, c] = [seeded(7), seeded(7), seeded(8)];
  const take = (next) => Array.from({ length: 20 }, next);
  const first = take(a);
  assert.deepEqual(first, take(b));
  assert.notDeepEqual(first, take(c));
  assert.ok(first.every((x) => x >= 0 && x < 1));
});
