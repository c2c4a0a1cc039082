// What the clients of a run saw, as plain data: each client's log in the order of what happened to it, and at the end the
// rooms as they are stored. Recorded here, judged by checker.mjs; a doctored history is made the same way.

/*
 * An entry of a log: { at (ms), kind, … }
 *   welcome   { session, resumed, userId, node }        joined  { room, seq, epoch, recovered?, asked?: { since, epoch }, users?: [ids] }
 *   sent      { room, id, n, socket }                   ack     { room, id, seq, epoch, duplicate, socket }
 *   refused   { room, id, code, unknown, socket }       event   { room, seq, epoch, id, senderId, n, replay, socket }
 *   gap       { room, from?, to?, epoch, reason, was }  position of the client before it: was = { seq, epoch }
 *   present   { room, user, in: true|false, reason }    opened | lost { socket, code }    degraded | restored
 *   resumed   { ms, node }                              head { room, seq }
 */

export class ClientLog {
  constructor(name, user) {
    this.name = name;
    this.user = user;
    this.entries = [];
  }

  add(kind, fields = {}) {
    this.entries.push({ at: Date.now(), kind, ...fields });
  }

  /** The last that happened, for a message: events and acks are only counted. */
  tail(count = 15) {
    const quiet = new Set(['event', 'ack', 'sent']);
    const told = this.entries.filter((entry) => !quiet.has(entry.kind)).slice(-count);
    const last = this.entries.at(-1);
    return [`${this.entries.length} entries, the last at ${last?.at}`, ...told.map((entry) => JSON.stringify(entry))].join('\n  ');
  }

  of(kind) {
    return this.entries.filter((entry) => entry.kind === kind);
  }
}

export class History {
  constructor() {
    this.logs = [];
    this.stored = new Map();
    this.memory = [];
  }

  log(name, user = name) {
    const log = new ClientLog(name, user);
    this.logs.push(log);
    return log;
  }

  /** The room as it is stored when all is over. */
  keep(room, events) {
    this.stored.set(room, events.map(({ seq, epoch, id, senderId, n }) => ({ seq, epoch, id, senderId, n })));
  }

  all(kind) {
    return this.logs.flatMap((log) => log.of(kind));
  }

  /** How long the clients were without a session, in ascending order. */
  resumeTimes() {
    return this.all('resumed').map((entry) => entry.ms).sort((a, b) => a - b);
  }

  summary() {
    const times = this.resumeTimes();
    const counts = ['sent', 'ack', 'refused', 'event', 'gap', 'resumed'].map((kind) => `${this.all(kind).length} ${kind}`);
    return `${counts.join(', ')}; resumed within p50 ${percentile(times, 50)} ms, p99 ${percentile(times, 99)} ms`;
  }
}

/** Of ascending numbers; 0 where there are none. */
export function percentile(ascending, percent) {
  if (ascending.length === 0) return 0;
  return ascending[Math.min(ascending.length - 1, Math.ceil((percent / 100) * ascending.length) - 1)];
}
