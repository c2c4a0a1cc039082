// Judges recorded runs. `judge` holds a whole history of many clients against every named rule; `violations` one room's
// events against what publishers were promised. Pure; its own tests feed it doctored histories.

import { judgeFigures } from './history-figures.mjs';
import { judgeRooms } from './history-rooms.mjs';
import { judgeViews } from './history-views.mjs';

/** The rules by name, and the promise that each stands for. */
export const RULES = {
  'acked-is-stored': 'every acked event is in its room once, at the epoch and seq of its ack, unless a rollback was told',
  contiguous: 'a room counts on from 1 without a hole',
  once: 'no event is stored twice, however often it was sent',
  'same-event': 'everyone sees the same event under an epoch and seq',
  invented: 'nothing is stored that nobody sent, or otherwise than it was sent',
  answered: 'every publish with an id gets an ack or a definite error in the end',
  'answered-once': 'no publish is answered more often than it was sent on a connection',
  'no-twice': 'no client sees a position twice, outside a gap that it was told of',
  'in-order': 'no client sees an older position after a newer one',
  'no-hole': 'no client misses a position unsaid',
  'ack-in-order': 'no ack overtakes an event with a lower seq',
  'gap-said': 'what is not recovered is told, exactly',
  agrees: 'what a client holds in the end is what is stored',
  'caught-up': 'who is connected in the end has everything',
  'presence-alternates': 'user_joined and user_left alternate',
  'left-once': 'who is gone leaves exactly once',
  'left-in-time': 'user_left comes when the grace period is over, and within 5 s more',
  'no-false-left': 'who is back within the grace period never left',
  'resume-in-time': 'sessions are resumed in time',
  'memory-bounded': 'no process grows without bound',
};

/** @returns the broken rules as sentences, `rule: what happened`; empty where every promise was kept */
export function judge(history, options = {}) {
  const found = [];
  const say = (rule, sentence) => {
    if (!(rule in RULES)) throw new Error(`No such rule: ${rule}`);
    if (!(options.except ?? []).includes(rule)) found.push(`${rule}: ${sentence}`);
  };
  judgeRooms(history, say, options);
  judgeViews(history, say, options);
  judgeFigures(history, say, options);
  return found;
}

/**
 * @param events  the history as read: { id, seq, epoch, senderId, n }, in the order it was given
 * @param sent    Map id → { senderId, n }: everything that was ever handed to the server
 * @param acks    Map id → { seq, epoch }: everything that was acked
 * @returns a list of sentences, empty where every promise was kept
 */
export function violations({ events, sent, acks }) {
  const found = [];
  const bySeq = new Map();
  const byId = new Map();
  const lastOfSender = new Map();
  let previous = 0;

  for (const event of events) {
    if (bySeq.has(event.seq)) found.push(`seq ${event.seq} is used twice: ${bySeq.get(event.seq).id} and ${event.id}`);
    else if (event.seq <= previous) found.push(`out of order: seq ${event.seq} after ${previous}`);
    else if (event.seq !== previous + 1) found.push(`hole: seq ${event.seq} after ${previous}`);
    bySeq.set(event.seq, event);
    previous = Math.max(previous, event.seq);

    if (byId.has(event.id)) found.push(`doubled: ${event.id} at ${byId.get(event.id).seq} and ${event.seq}`);
    byId.set(event.id, event);

    const origin = sent.get(event.id);
    if (!origin) {
      found.push(`invented: ${event.id} at ${event.seq} was never sent`);
      continue;
    }
    if (origin.senderId !== event.senderId || origin.n !== event.n) found.push(`changed: ${event.id} at ${event.seq}`);
    const last = lastOfSender.get(event.senderId);
    if (last !== undefined && event.n <= last) found.push(`a sender's order is broken: ${event.senderId} ${event.n} after ${last}`);
    lastOfSender.set(event.senderId, event.n);
  }

  for (const [id, ack] of acks) {
    const event = byId.get(id);
    if (!event) found.push(`lost: ${id} was acked at ${ack.seq}`);
    else if (event.seq !== ack.seq) found.push(`moved: ${id} was acked at ${ack.seq} and stands at ${event.seq}`);
    else if (event.epoch !== ack.epoch) found.push(`epoch: ${id} was acked in ${ack.epoch} and stands in ${event.epoch}`);
  }
  return found;
}

/** A small seeded generator (mulberry32): the same seed, the same run. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
