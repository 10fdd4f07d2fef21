/**
 * The last messages of one topic in memory, for those who read them as they are published.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { WaitingLine } from "../../../base/waiting_line.ts";
import type { TopicMessageRow } from "../topic_tables/rows.ts";

/** How many bytes the tails of a thread have together. */
export interface TailBudget {
  bytes: number;
}

/** Messages that were found behind some place. */
export interface Found {
  readonly rows: readonly TopicMessageRow[];
  /** The number of the last message that was looked at. */
  readonly upTo: number;
}

/**
 * The tail of a topic. All its readers share it, so that what many of them read was read once; each
 * has nothing but a place in it. What it has no room for is read from the store, if the topic keeps it.
 */
export class TopicTail {
  /** The topic. */
  readonly topic: string;
  readonly #budget: TailBudget;
  readonly #line = new WaitingLine();
  /** Messages without gaps; those before `#from` are gone. */
  #rows: TopicMessageRow[] = [];
  #from = 0;
  #bytes = 0;
  #known = 0;
  #isKept: boolean | undefined;
  #changed: DariError | undefined;

  /**
   * @param topic The topic.
   * @param budget What all tails have together.
   */
  constructor(topic: string, budget: TailBudget) {
    this.topic = topic;
    this.#budget = budget;
  }

  /** The number of the last message that is known of. */
  get known(): number {
    return this.#known;
  }

  /** Whether the topic keeps messages; `undefined` where there is no such topic yet. */
  get isKept(): boolean | undefined {
    return this.#isKept;
  }

  /** The number of the first message that is here, or of the next one. */
  get first(): number {
    return this.#rows[this.#from]?.number ?? this.#known + 1;
  }

  /**
   * Takes note of how a topic stands.
   *
   * @param last The number of its last message.
   * @param isKept Whether it keeps messages.
   * @returns Whether it is still what it was; otherwise its readers begin anew.
   */
  note(last: number, isKept: boolean): boolean {
    this.#isKept ??= isKept;
    if (this.#isKept !== isKept) {
      this.#changed = new DariError(
        "unavailable",
        `Topic "${this.topic}" ${
          isKept ? "keeps" : "does not keep"
        } messages from now on; subscribe again`,
      );
      this.wake();
      return false;
    }
    if (isKept && last > this.#known) {
      this.#known = last;
      this.wake();
    }
    return true;
  }

  /**
   * Takes messages that were published.
   *
   * @param rows The messages, in their order.
   */
  append(rows: readonly TopicMessageRow[]): void {
    for (const row of rows) {
      const kept = this.#isKept === false ? { ...row, number: this.#known + 1 } : row;
      const last = this.#rows.at(-1)?.number;
      if (last !== undefined && last + 1 !== kept.number) this.clear();
      this.#rows.push(kept);
      this.#count(kept.bytes);
      this.#known = Math.max(this.#known, kept.number);
    }
    this.#evict();
    this.wake();
  }

  /**
   * Finds messages behind a place.
   *
   * @param after The number of the message behind which to begin.
   * @param fits Whether a name is wanted.
   * @returns What was found; `undefined` where the next message is not here.
   */
  after(after: number, fits: (name: string) => boolean): Found | undefined {
    const at = this.#from + after + 1 - this.first;
    if (at < this.#from || at >= this.#rows.length) return undefined;
    const rows: TopicMessageRow[] = [];
    let [upTo, bytes] = [after, 0];
    for (let next = at; next < this.#rows.length && rows.length < limits.topicReadCount; next++) {
      const row = this.#rows[next]!;
      if (fits(row.name)) {
        bytes += row.bytes;
        if (rows.length > 0 && bytes > limits.topicReadBytes) break;
        rows.push(row);
      }
      upTo = row.number;
    }
    return { rows, upTo };
  }

  /**
   * Waits for a message.
   *
   * @param signal Ends the wait.
   * @throws The signal's reason, and `unavailable` once the topic has become another one.
   */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.#changed === undefined) await this.#line.join({ signal });
    if (this.#changed !== undefined) throw this.#changed;
  }

  /** Lets everybody who waits look again. */
  wake(): void {
    for (let left = this.#line.size; left > 0; left--) this.#line.next();
  }

  /** Forgets what is here. */
  clear(): void {
    this.#count(-this.#bytes);
    this.#rows = [];
    this.#from = 0;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.bytes += bytes;
  }

  #evict(): void {
    const { topicTailCount, topicTailBytes, maxTailBytes } = limits;
    // The last one always stays: a topic that keeps nothing has it nowhere else.
    while (
      this.#rows.length - this.#from > 1 &&
      (this.#rows.length - this.#from > topicTailCount || this.#bytes > topicTailBytes ||
        this.#budget.bytes > maxTailBytes)
    ) this.#count(-this.#rows[this.#from++]!.bytes);
    if (this.#from <= topicTailCount) return;
    this.#rows = this.#rows.slice(this.#from);
    this.#from = 0;
  }
}
