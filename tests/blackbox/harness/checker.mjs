// Judges a room's history against what publishers were promised: every acked event is there, at its acked position, once,
// in order; nothing that nobody sent; no hole. Pure; its own tests feed it doctored histories.

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
