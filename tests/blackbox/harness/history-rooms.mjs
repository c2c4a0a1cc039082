// The rules about a room: what was acked is stored once where the ack said, positions count on without a hole, everyone saw
// the same event under a position, and every publish was answered. Pure.

/** Codes after which a client sends the same id again; any other refusal is final. */
export const RETRIED = new Set(['degraded', 'busy', 'rate_limited']);

function judgeStored(room, events, say, { trimmed }) {
  const ids = new Map();
  let previous = null;
  for (const event of events) {
    if (previous === null && event.seq !== 1 && !trimmed) say('contiguous', `${room} begins at ${event.seq}`);
    if (previous !== null && event.seq === previous) say('contiguous', `${room} has ${event.seq} twice`);
    else if (previous !== null && event.seq !== previous + 1) say('contiguous', `${room} goes from ${previous} to ${event.seq}`);
    previous = event.seq;
    const key = `${event.senderId} ${event.id}`;
    if (ids.has(key)) say('once', `${room} has ${event.id} at ${ids.get(key)} and at ${event.seq}`);
    ids.set(key, event.seq);
  }
}

/** A loss is excused where a client was told of it: rolled back at or below the position, or the room begun anew. */
function excusesOf(history) {
  const told = history.all('gap').filter((gap) => gap.reason !== 'trimmed');
  return (ack) => told.some((gap) => gap.room === ack.room && gap.epoch !== ack.epoch && gap.at >= ack.at
    && (gap.reason === 'reset' || (gap.from <= ack.seq && ack.seq <= gap.to)));
}

function judgeAcks(history, say, { trimmed }) {
  const excused = excusesOf(history);
  const positions = new Map([...history.stored].map(([room, events]) => [room, new Map(events.map((event) => [event.seq, event]))]));
  for (const log of history.logs) {
    for (const ack of log.of('ack')) {
      const stored = positions.get(ack.room);
      if (!stored || ack.seq === undefined) continue;
      const event = stored.get(ack.seq);
      if (event?.id === ack.id && event.senderId === log.user && event.epoch === ack.epoch) continue;
      if (trimmed && ack.seq < history.stored.get(ack.room)[0]?.seq) continue;
      if (excused(ack)) continue;
      const what = event ? `there stands ${event.id} (${event.epoch})` : 'nothing is there';
      say('acked-is-stored', `${ack.room} ${ack.seq} (${ack.epoch}) was acked for ${ack.id}; ${what}`);
    }
  }
}

function judgeSameness(history, say) {
  const known = new Map();
  const look = (room, { seq, epoch, id }, who) => {
    if (seq === undefined) return;
    const key = `${room} ${epoch}:${seq}`;
    const first = known.get(key);
    if (!first) known.set(key, { id, who });
    else if (first.id !== id) say('same-event', `${key} is ${first.id} for ${first.who} and ${id} for ${who}`);
  };
  for (const [room, events] of history.stored) for (const event of events) look(room, event, 'the store');
  for (const log of history.logs) {
    for (const entry of log.entries) if (entry.kind === 'event' || entry.kind === 'ack') look(entry.room, entry, log.name);
  }
}

function judgeOrigins(history, say) {
  const sent = new Map();
  for (const log of history.logs) for (const entry of log.of('sent')) sent.set(`${log.user} ${entry.room} ${entry.id}`, entry.n);
  for (const [room, events] of history.stored) {
    for (const event of events) {
      const key = `${event.senderId} ${room} ${event.id}`;
      if (!sent.has(key)) say('invented', `${room} ${event.seq}: ${event.senderId} never sent ${event.id}`);
      else if (sent.get(key) !== event.n) say('invented', `${room} ${event.seq}: ${event.id} was sent as ${sent.get(key)} and stands as ${event.n}`);
    }
  }
}

function judgeAnswers(history, say, { unanswered }) {
  for (const log of history.logs) {
    const [asked, answers, final] = [new Map(), new Map(), new Set()];
    for (const entry of log.entries) {
      const count = (map) => map.set(`${entry.socket} ${entry.room} ${entry.id}`, (map.get(`${entry.socket} ${entry.room} ${entry.id}`) ?? 0) + 1);
      if (entry.kind === 'sent') count(asked);
      if (entry.kind === 'ack' || entry.kind === 'refused') count(answers);
      if (entry.kind === 'ack' || (entry.kind === 'refused' && !RETRIED.has(entry.code))) final.add(`${entry.room} ${entry.id}`);
    }
    for (const [key, count] of answers) {
      if (count > (asked.get(key) ?? 0)) say('answered-once', `${log.name}: ${key} was answered ${count} times and sent ${asked.get(key) ?? 0} times`);
    }
    if (unanswered) continue;
    for (const entry of log.of('sent')) {
      if (!final.has(`${entry.room} ${entry.id}`)) say('answered', `${log.name}: ${entry.id} never got an ack or a definite error`);
    }
  }
}

export function judgeRooms(history, say, { trimmed = false, unanswered = false, othersPublish = false } = {}) {
  for (const [room, events] of history.stored) judgeStored(room, events, say, { trimmed });
  judgeAcks(history, say, { trimmed });
  judgeSameness(history, say);
  judgeAnswers(history, say, { unanswered });
  if (!othersPublish) judgeOrigins(history, say);
}
