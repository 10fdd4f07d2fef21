/**
 * The members of one group in this thread.
 *
 * @module
 */

import { after } from "../../../base/abort.ts";
import { WaitingLine } from "../../../base/waiting_line.ts";
import type { Spread } from "../../operation/spread.ts";

/** Members that wait: one for each message is woken, and those who have as many as they may are not. */
export class GroupLine {
  /** The topic. */
  readonly topic: string;
  /** The group. */
  readonly group: string;
  /** How many members there are. */
  size = 0;
  /** Up to which number it is known that no message fits that the group was not given. */
  scanned = 0;
  /** When time alone may bring a message, in milliseconds since the epoch; 0 where it has to be looked. */
  nextAt = 0;
  /** Keeps servers apart that have members. */
  readonly spread: Spread;
  readonly #idle = new WaitingLine();
  /** Members that have as many messages as they may. */
  readonly #full = new Map<string, WaitingLine>();

  /**
   * @param topic The topic.
   * @param group The group.
   * @param spread Keeps servers apart that have members.
   */
  constructor(topic: string, group: string, spread: Spread) {
    this.topic = topic;
    this.group = group;
    this.spread = spread;
  }

  /** How many members wait for a message. */
  get waiting(): number {
    return this.#idle.size;
  }

  /** Waits until there may be a message. */
  wait(signal: AbortSignal): Promise<void> {
    return this.#idle.join({ signal });
  }

  /** Waits until a member may have one more. */
  async waitFull(member: string, signal: AbortSignal): Promise<void> {
    const line = new WaitingLine();
    this.#full.set(member, line);
    try {
      await line.join({ signal });
    } finally {
      this.#full.delete(member);
    }
  }

  /** Lets members look for messages, as many as there may be. */
  wake(count: number): void {
    for (let left = count; left > 0 && this.#idle.next(); left--);
  }

  /** The same, once it is this server's turn where all servers hear of them. */
  wakeSoon(count: number, isOwn: boolean): void {
    const pauseMs = isOwn ? 0 : this.spread.pauseMs();
    if (pauseMs === 0) this.wake(count);
    else after(pauseMs, () => this.wake(count), { persistent: false });
  }

  /** Lets a member look whether it may have one more. */
  wakeMember(member: string): void {
    this.#full.get(member)?.next();
  }

  /** Lets all members look that had as many as they may: another process may know better. */
  wakeFull(): void {
    for (const line of this.#full.values()) line.next();
  }
}
