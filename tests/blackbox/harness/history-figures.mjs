// The rules about people and figures: joins and leaves alternate, who is gone leaves in time and once, who came back never
// left, sessions are resumed in time, no process grows without bound. Pure.

import { percentile } from './history.mjs';

/** After a node's last beat `user_left` may take this much longer than the grace period (PROTOCOL §4). */
export const LEFT_WITHIN_MS = 5_000;
/** A beat may lie this long before the moment a node was killed, and clocks are read on both sides of a socket. */
const EARLY_MS = 1_500;

function judgeAlternation(log, say) {
  const rooms = new Map();
  for (const entry of log.entries) {
    if (entry.kind === 'joined' && entry.users) rooms.set(entry.room, new Set(entry.users));
    if (entry.kind !== 'present') continue;
    const inside = rooms.get(entry.room);
    if (!inside) continue;
    const was = inside.has(entry.user);
    if (was === entry.in) say('presence-alternates', `${log.name}: ${entry.user} ${entry.in ? 'joined' : 'left'} ${entry.room} and already ${was ? 'was there' : 'was not'}`);
    if (entry.in) inside.add(entry.user);
    else inside.delete(entry.user);
  }
}

/**
 * @param watchers    names of logs that stood in the room all the time, on nodes that nothing happened to
 * @param departures  [{ room, user, at, withinMs? }]: who went, when at the latest the last beat was, and did not come back
 * @param stayed      [{ user, from, to }]: who was back within the grace period
 */
function judgeDepartures(history, say, { watchers = [], departures = [], stayed = [], graceMs = 0 }) {
  for (const log of history.logs.filter((one) => watchers.includes(one.name))) {
    const leaves = log.of('present').filter((entry) => !entry.in);
    for (const { room, user, at, withinMs = LEFT_WITHIN_MS } of departures) {
      const mine = leaves.filter((entry) => entry.room === room && entry.user === user && entry.at >= at - EARLY_MS);
      if (mine.length !== 1) say('left-once', `${log.name}: heard ${mine.length} times that ${user} left ${room}`);
      const took = (mine[0]?.at ?? at) - at;
      if (mine.length > 0 && took > graceMs + withinMs) say('left-in-time', `${log.name}: ${user} left ${room} after ${took} ms`);
      if (mine.length > 0 && took < graceMs - EARLY_MS) say('left-in-time', `${log.name}: ${user} left ${room} after only ${took} ms`);
    }
    for (const { user, from, to } of stayed) {
      const wrong = leaves.filter((entry) => entry.user === user && entry.at >= from && entry.at <= to);
      if (wrong.length > 0) say('no-false-left', `${log.name}: ${user} stayed, and left ${wrong[0].room} (${wrong[0].reason}) ${wrong[0].at - from} ms after it began`);
    }
  }
}

function judgeMemory(history, say, { maxGrowthMb = 200, maxMb = 600 }) {
  const byProcess = new Map();
  for (const sample of history.memory) byProcess.set(sample.name, [...(byProcess.get(sample.name) ?? []), sample.mb]);
  for (const [name, samples] of byProcess) {
    const peak = Math.max(...samples);
    const late = percentile(samples.slice(-Math.ceil(samples.length / 3)).sort((a, b) => a - b), 50);
    const early = percentile(samples.slice(0, Math.ceil(samples.length / 3)).sort((a, b) => a - b), 50);
    if (peak > maxMb) say('memory-bounded', `${name}: reached ${peak} MB`);
    if (late - early > maxGrowthMb) say('memory-bounded', `${name}: grew from ${early} to ${late} MB`);
  }
}

export function judgeFigures(history, say, options = {}) {
  for (const log of history.logs) judgeAlternation(log, say);
  judgeDepartures(history, say, options);
  judgeMemory(history, say, options);
  if (options.resumeP99Ms !== undefined) {
    const times = history.resumeTimes();
    if (times.length === 0) say('resume-in-time', 'nobody resumed');
    if (percentile(times, 99) > options.resumeP99Ms) say('resume-in-time', `p99 of ${times.length} resumes was ${percentile(times, 99)} ms`);
  }
}
