/**
 * The runtime's clock, timers and randomness, replaced for the time of a run.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { limits } from "../../../lib/base/limits.ts";
import { turnIfDue } from "../../../lib/base/turn.ts";
import { defaultSettings } from "../../../lib/messages/queue/settings.ts";
import { defaultTopicSettings } from "../../../lib/messages/topic/settings.ts";
import type { Random } from "./random.ts";
import { synchronousCrypto } from "./synchronous_crypto.ts";
import type { SimulatedEvent } from "./event_queue.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** Cores that a simulated machine seems to have, whatever this one has. */
const CORES = 2;
/** How long ids of messages are remembered, in milliseconds: longer than a clock is set forward by. */
const ID_MS = 3 * 60 * 60_000;

/**
 * Takes the runtime's clock, timers and randomness away from everything that runs in this process.
 *
 * @param time What stands in for the clock and the timers.
 * @param random What stands in for randomness.
 * @returns Gives them back when disposed.
 */
export async function replaceGlobals(time: VirtualTime, random: Random): Promise<Disposable> {
  const replaced = new DisposableStack();
  const replace = (target: object, members: Record<string, unknown>) =>
    replaceMembers(replaced, target, members);
  replace(performance, { now: () => NaN });
  await forgetTurns();
  replace(performance, { now: () => time.now() });
  replace(Date, { now: () => time.wall() });
  replace(Math, { random: () => random.next() });
  // No socket of the system's is waited for.
  replace(limits, { turnsUntilSockets: 1 });
  for (const settings of [defaultSettings, defaultTopicSettings]) {
    replace(settings, { idMs: ID_MS });
  }
  replace(navigator, { hardwareConcurrency: CORES });
  replace(crypto, {
    getRandomValues: <T extends Uint8Array>(bytes: T): T => {
      random.fill(bytes);
      return bytes;
    },
    randomUUID: () => uuidOf(random),
  });
  replace(crypto.subtle, synchronousCrypto());
  replace(globalThis, timersOf(time));
  return replaced;
}

/**
 * Replaces members of an object for some time.
 *
 * @param until Gives them back when it is disposed.
 * @param target The object.
 * @param members The members.
 */
export function replaceMembers(
  until: DisposableStack,
  target: object,
  members: Readonly<Record<string, unknown>>,
): void {
  for (const [name, value] of Object.entries(members)) {
    const before = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
    until.defer(() => {
      if (before === undefined) delete (target as Record<string, unknown>)[name];
      else Object.defineProperty(target, name, before);
    });
  }
}

/** A timer goes on in the context in which it was set, as the runtime's do. */
function timersOf(time: VirtualTime): Record<string, unknown> {
  const setTimeout = (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const inContext = AsyncLocalStorage.snapshot();
    return time.setTimer(() => inContext(callback, ...args), ms);
  };
  const clearTimeout = (event: SimulatedEvent | undefined) => {
    if (event !== undefined) event.isCancelled = true;
  };
  /** The timer of each interval that runs. */
  const intervals = new WeakMap<object, SimulatedEvent>();
  const setInterval = (callback: () => void, ms?: number) => {
    const handle = {};
    const again = () => {
      intervals.set(handle, setTimeout(again, ms));
      callback();
    };
    intervals.set(handle, setTimeout(again, ms));
    return handle;
  };
  const clearInterval = (handle: object) => clearTimeout(intervals.get(handle));
  return { setTimeout, clearTimeout, setInterval, clearInterval };
}

/**
 * `turnIfDue` counts its calls over the life of the process; a run must not see how many there were
 * before. A clock that gives no number makes each turn due, so this ends with the count at its start.
 */
async function forgetTurns(): Promise<void> {
  let turn: Promise<void> | undefined;
  while (turn === undefined) turn = turnIfDue();
  await turn;
}

function uuidOf(random: Random): string {
  const bytes = new Uint8Array(16);
  random.fill(bytes);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]].map(([from, to]) => hex.slice(from, to))
    .join("-");
}
