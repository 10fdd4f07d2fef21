/**
 * What anybody can cause as often as they like is counted: the first time is recorded at once, and what
 * follows within a minute is one record with its number. So strangers cannot fill the disk.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { AuditEvent } from "./audit.ts";

/** Events of one kind and one origin, in one minute. */
interface Window {
  /** When it began, on the clock that never steps. */
  beganAt: number;
  /** How many came since the one that was recorded. */
  count: number;
  /** When the first of them came, in milliseconds since the epoch. */
  firstMs: number;
  /** The last of them. */
  last: AuditEvent;
}

/** Says of each event whether it is recorded now, or counted for a record to come. */
export class Counts {
  readonly #clock: Clock;
  /** By key; `#take` begins a window, and `due` ends those that are over. */
  readonly #windows = new Map<string, Window>();

  /** @param clock Where the time comes from. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many windows there are: while there is none, nothing will be due. */
  get size(): number {
    return this.#windows.size;
  }

  /**
   * Takes in an event.
   *
   * @param key What it is counted by. Where there are too many, new ones are counted by their kind.
   * @param event What happened.
   * @returns What to record now: the event, or the same with its peer left out; `undefined` where it
   * was counted.
   */
  take(key: string, event: AuditEvent): AuditEvent | undefined {
    const isKnown = this.#windows.has(key);
    if (isKnown || this.#windows.size < limits.maxAuditCountedPeers) return this.#take(key, event);
    return this.#take(`others ${event.kind}`, { ...event, peer: "others", about: undefined });
  }

  /**
   * Forgets a window whose first event was not recorded after all: the next one is the first again.
   *
   * @param key What it is counted by.
   */
  forget(key: string): void {
    this.#windows.delete(key);
  }

  /**
   * Ends the windows that are over.
   *
   * @param all Whether those that are not over end as well.
   * @returns What to record of what was counted.
   */
  due(all = false): AuditEvent[] {
    const now = this.#clock.monotonic();
    const due: AuditEvent[] = [];
    for (const [key, window] of this.#windows) {
      if (!all && now - window.beganAt < limits.auditCountMs) continue;
      if (window.count === 0 || all) this.#windows.delete(key);
      if (window.count === 0) continue;
      const { count, firstMs, last } = window;
      due.push({ ...last, data: { ...last.data, count, since: timeText(firstMs) } });
      Object.assign(window, { beganAt: now, count: 0 });
    }
    return due;
  }

  #take(key: string, event: AuditEvent): AuditEvent | undefined {
    const window = this.#windows.get(key);
    if (window === undefined) {
      const beganAt = this.#clock.monotonic();
      this.#windows.set(key, { beganAt, count: 0, firstMs: 0, last: event });
      return event;
    }
    if (window.count++ === 0) window.firstMs = this.#clock.now();
    window.last = event;
    return undefined;
  }
}

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
