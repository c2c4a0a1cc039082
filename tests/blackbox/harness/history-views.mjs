// The rules about what one client saw: nothing twice, nothing out of order, no hole that nobody told it of, and in the end
// what is stored. Each client's view is replayed from its log as PROTOCOL tells a client to keep its position. Pure.

const atOf = (state) => `${state.room} at ${state.pos}`;

class View {
  constructor(room, say) {
    // A position that was passed over waits in `open` for the client's own ack: only an ack may come after later events.
    Object.assign(this, { room, say, pos: null, socket: null, seen: new Map(), open: new Map(), needsGap: false });
  }

  #forget() {
    this.seen.clear();
    this.open.clear();
    this.pos = null;
  }

  joined(entry) {
    this.socket = entry.socket;
    this.needsGap = false;
    if (!entry.asked) this.#forget();
    else if (entry.recovered === true) {
      if (this.pos === null) this.pos = entry.asked.since;
      else if (entry.asked.since !== this.pos) this.say('no-hole', `resumed ${this.room} at ${entry.asked.since} with a position of ${this.pos}`);
    } else this.needsGap = true;
  }

  gap(entry) {
    this.needsGap = false;
    if (entry.reason === 'reset') return this.#forget();
    if (entry.reason === 'trimmed') {
      if (this.pos !== null && entry.from > this.pos + 1) this.say('no-hole', `the gap ${entry.from}–${entry.to} leaves out what follows ${atOf(this)}`);
      this.pos = Math.max(this.pos ?? 0, entry.to);
      return undefined;
    }
    if (this.pos !== null && entry.to < this.pos) this.say('gap-said', `rolled back ${entry.from}–${entry.to}, but ${atOf(this)}`);
    if (this.pos !== null && entry.from > this.pos) this.say('gap-said', `rolled back from ${entry.from}, which ${atOf(this)} never saw`);
    for (const map of [this.seen, this.open]) for (const seq of [...map.keys()]) if (seq >= entry.from) map.delete(seq);
    this.pos = entry.from - 1;
    return undefined;
  }

  event(entry) {
    if (this.needsGap) {
      this.say('gap-said', `${this.room} was not recovered and no gap came before ${entry.seq}`);
      this.needsGap = false;
      this.pos = null;
    }
    const known = this.seen.get(entry.seq);
    if (this.pos === null || entry.seq > this.pos) return this.#stand(entry, 'event');
    if (known?.own && known.id === entry.id) known.own = false;
    else if (known) this.say('no-twice', `${this.room} ${entry.seq} came again (${known.id}, now ${entry.id})`);
    else {
      const overtaken = this.open.get(entry.seq) === 'ack';
      this.open.delete(entry.seq);
      this.say(overtaken ? 'ack-in-order' : 'in-order', `${this.room} ${entry.seq} came after ${overtaken ? 'an ack above it' : this.pos}`);
    }
    return undefined;
  }

  ack(entry) {
    if (entry.seq === undefined) return;
    if (this.pos === null) {
      // Nothing came since the beginning or a reset: an own event is known, but it is no position to count from.
      this.seen.set(entry.seq, { id: entry.id, epoch: entry.epoch, own: true });
      return;
    }
    const known = this.seen.get(entry.seq);
    if (known && known.epoch === entry.epoch && known.id !== entry.id) this.say('same-event', `${this.room} ${entry.seq} was ${known.id}, and ${entry.id} was acked there`);
    if (this.open.delete(entry.seq)) this.seen.set(entry.seq, { id: entry.id, epoch: entry.epoch, own: true });
    if (entry.seq > this.pos && this.socket === entry.socket) this.#stand(entry, 'ack');
  }

  #stand(entry, kind) {
    for (let seq = (this.pos ?? entry.seq) + 1; seq < entry.seq; seq += 1) if (!this.seen.has(seq)) this.open.set(seq, kind);
    this.pos = entry.seq;
    this.seen.set(entry.seq, { id: entry.id, epoch: entry.epoch, own: kind === 'ack' });
  }

  ended() {
    const missing = [...this.open.keys()];
    if (missing.length > 0) this.say('no-hole', `${this.room} ${missing.slice(0, 10).join(', ')} never came (${missing.length} in all)`);
  }
}

/** Replays a log; gives the views at its end by room. */
export function viewsOf(log, say = () => {}) {
  const views = new Map();
  const view = (room) => {
    if (!views.has(room)) views.set(room, new View(room, say));
    return views.get(room);
  };
  for (const entry of log.entries) {
    // With the greeting of a new line the client asks from where it is; what the old line still acks moves it no more.
    if (entry.kind === 'welcome') for (const one of views.values()) one.socket = entry.socket;
    if (entry.kind === 'joined' || entry.kind === 'gap' || entry.kind === 'event' || entry.kind === 'ack') view(entry.room)[entry.kind](entry);
  }
  return views;
}

export function judgeViews(history, say, { caughtUp = [] } = {}) {
  for (const log of history.logs) {
    const views = viewsOf(log, (rule, sentence) => say(rule, `${log.name}: ${sentence}`));
    for (const [room, view] of views) {
      view.ended();
      const stored = history.stored.get(room);
      if (!stored) continue;
      const bySeq = new Map(stored.map((event) => [event.seq, event]));
      for (const [seq, { id }] of view.seen) {
        const event = bySeq.get(seq);
        if (seq < (stored[0]?.seq ?? 0)) continue;
        if (!event) say('agrees', `${log.name}: holds ${room} ${seq} (${id}), which is not stored, and was not told`);
        else if (event.id !== id) say('agrees', `${log.name}: holds ${room} ${seq} as ${id}; stored is ${event.id}`);
      }
      const top = stored.at(-1)?.seq ?? 0;
      if (caughtUp.includes(log.name) && (view.pos ?? 0) !== top) say('caught-up', `${log.name}: ended ${atOf(view)}, the top is ${top}`);
    }
  }
}
