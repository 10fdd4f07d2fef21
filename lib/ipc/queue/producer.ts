/**
 * One producer of a queue: puts values in the order of its calls.
 *
 * Invariant: while something waits in `#line`, nothing is put past it.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { turnIfDue } from "../../base/turn.ts";
import type { Encoded } from "../ring/value.ts";
import type { WaitOptions } from "../wait/event.ts";
import { SendLine } from "../wait/send_line.ts";
import type { Obstacle, QueueMemory } from "./queue_memory.ts";
import { ROOM, StallDetector } from "./stall.ts";

/** Puts encoded values into a queue's memory. */
export class Producer {
  readonly #memory: QueueMemory;
  readonly #line = new SendLine<Encoded>(ROOM);

  constructor(memory: QueueMemory) {
    this.#memory = memory;
  }

  /**
   * Puts a value if there is room and nothing waits for it.
   *
   * @throws {DariError} `unavailable` where the queue is closed or damaged, `resource_exhausted` on
   * a value that is too long.
   */
  tryPut(encoded: Encoded): boolean {
    return this.#line.isEmpty && this.#memory.tryPut(encoded) === undefined;
  }

  /**
   * Puts a value as soon as there is room.
   *
   * @returns `undefined` where it was put at once and the event loop needs no turn.
   * @throws {DariError} As `tryPut`, and `deadline_exceeded` when the time is over.
   */
  put(encoded: Encoded, options: WaitOptions): Promise<void> | undefined {
    let obstacle: Obstacle | undefined;
    if (this.#line.isEmpty) {
      obstacle = this.#memory.tryPut(encoded);
      if (obstacle === undefined) return turnIfDue();
    }
    // The bytes lie in the encoder's scratch buffer, which the next value overwrites.
    const own = { kind: encoded.kind, bytes: encoded.bytes.slice() };
    const stall = new StallDetector(options.timeoutMs);
    return this.#line.send(own, async (_, isPut) => {
      let next = obstacle ?? this.#memory.tryPut(own);
      while (next !== undefined) {
        const changed = await this.#waitFor(next, isPut, stall, options);
        if (isPut()) return;
        if (!changed && stall.isStalled(next)) this.#memory.damage();
        next = this.#memory.tryPut(own);
      }
    }, options);
  }

  /** As `put`, but blocks the thread; values that still wait are put first. */
  putSync(encoded: Encoded, timeoutMs: number): void {
    const stall = new StallDetector(timeoutMs);
    if (!this.#line.isEmpty) {
      // The bytes lie in the encoder's scratch buffer, which a value that waits may have used.
      const own = { kind: encoded.kind, bytes: encoded.bytes.slice() };
      this.#line.sendAllSync((waiting) => this.#putSync(waiting, stall));
      return this.#putSync(own, stall);
    }
    this.#putSync(encoded, stall);
  }

  /** Whether the obstacle has changed, or the value was put, before the next look. */
  #waitFor(
    obstacle: Obstacle,
    isPut: () => boolean,
    stall: StallDetector,
    options: WaitOptions,
  ): Promise<boolean> {
    const { event, ready } = this.#memory.retryCondition(obstacle);
    return event.wait(() => isPut() || ready(), {
      ...options,
      timeoutMs: stall.nextWaitMs(obstacle),
      pollMs: limits.roomPollMs,
    });
  }

  #putSync(encoded: Encoded, stall: StallDetector): void {
    const memory = this.#memory;
    let obstacle = memory.tryPut(encoded);
    while (obstacle !== undefined) {
      const { event, ready } = memory.retryCondition(obstacle);
      const changed = event.waitSync(ready, stall.nextWaitMs(obstacle), limits.roomPollMs);
      if (!changed && stall.isStalled(obstacle)) memory.damage();
      obstacle = memory.tryPut(encoded);
    }
  }
}
