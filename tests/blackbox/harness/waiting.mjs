// Waiting on conditions, never on time alone. What gives up says what it waited for and what it saw instead.

import { setTimeout as delay } from 'node:timers/promises';

export { delay };

/** Polls an asynchronous condition until it gives something truthy. */
export async function until(reason, condition, { ms = 10_000, every = 25 } = {}) {
  const deadline = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`Waited ${ms} ms for ${reason}; last seen: ${describe(last)}`);
    await delay(every);
  }
}

export function describe(value) {
  if (value instanceof Error) return value.message;
  try {
    return JSON.stringify(value);
  } catch {
    return String(value);
  }
}

let counter = 0;

/** A name that no other test uses, so that tests may share a server. */
export function unique(prefix = 'x') {
  counter += 1;
  return `${prefix}-${process.pid.toString(36)}-${counter.toString(36)}`;
}
