// The rules about what one client saw: nothing twice, nothing out of order, no hole that nobody told it of, and in the end
// what is stored. Each client's view is replayed from its log as PROTOCOL tells a client to keep its position. Pure.

const atOf = (state) => `${state.room} at ${state.pos}`;

class View {
  constructor(room, say) {
    Object.assign(this, { room, say, pos: null, socket: null, seen: new Map(), needsGap: false });
  }

  joined(entry) {
    this.socket = entry.socket;
    this.needsGap = false;
    if (!entry.asked) {
      this.seen.clear();
      this.pos = null;
    } else if (entry.recovered === true) {
      if (this.pos === null) this.pos = entry.asked.since;
      else if (entry.asked.since !== this.pos) this.say('no-hole', `resumed ${this.room} at ${entry.asked.since} with a position of ${this.pos}`);
    } else this.needsGap = true;
  }

  gap(entry) {
    this.needsGap = false;
    if (entry.reason === 'reset') {
      this.seen.clear();
      this.pos = null;
      return;
    }
    if (entry.reason === 'trimmed') {
      if (this.pos !== null && entry.from > this.pos + 1) this.say('no-hole', `the gap ${entry.from}–${entry.to} leaves out what follows ${atOf(this)}`);
      this.pos = Math.max(this.pos ?? 0, entry.to);
      return;
    }
    if (this.pos !== null && entry.to < this.pos) this.say('gap-said', `rolled back ${entry.from}–${entry.to}, but ${atOf(this)}`);
    if (this.pos !== null && entry.from > this.pos) this.say('gap-said', `rolled back from ${entry.from}, which ${atOf(this)} never saw`);
    for (const seq of [...this.seen.keys()]) if (seq >= entry.from) this.seen.delete(seq);
    this.pos = entry.from - 1;
  }

  event(entry) {
    if (this.needsGap) {
      this.say('gap-said', `${this.room} was not recovered and no gap came before ${entry.seq}`);
      this.needsGap = false;
      this.pos = null;
    }
    const known = this.seen.get(entry.seq);
    if (this.pos !== null && entry.seq <= this.pos) {
      if (known?.own && known.id === entry.id) known.own = false;
      else if (known) this.say('no-twice', `${this.room} ${entry.seq} came again (${known.id}, now ${entry.id})`);
      else this.say('in-order', `${this.room} ${entry.seq} came after ${this.pos}`);
      return;
    }
    if (this.pos !== null && entry.seq !== this.pos + 1) this.say('no-hole', `${this.room} ${entry.seq} came after ${this.pos}`);
    this.#stand(entry, false);
  }

  ack(entry) {
    if (entry.seq === undefined || this.socket !== entry.socket || this.pos === null) return;
    const known = this.seen.get(entry.seq);
    if (known && known.id !== entry.id) this.say('same-event', `${this.room} ${entry.seq} was ${known.id}, and ${entry.id} was acked there`);
    if (entry.seq <= this.pos) return;
    if (entry.seq !== this.pos + 1) this.say('ack-in-order', `the ack of ${entry.id} (${entry.seq}) overtook what follows ${atOf(this)}`);
    this.#stand(entry, true);
  }

  #stand(entry, own) {
    this.pos = entry.seq;
    this.seen.set(entry.seq, { id: entry.id, epoch: entry.epoch, own });
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
    if (entry.kind === 'joined' || entry.kind === 'gap' || entry.kind === 'event' || entry.kind === 'ack') view(entry.room)[entry.kind](entry);
  }
  return views;
}

export function judgeViews(history, say, { caughtUp = [] } = {}) {
  for (const log of history.logs) {
    const views = viewsOf(log, (rule, sentence) => say(rule, `${log.name}: ${sentence}`));
    for (const [room, view] of views) {
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
