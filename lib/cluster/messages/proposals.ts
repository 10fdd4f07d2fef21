/**
 * Operations on their way into the log. What arrives while a batch is under way shares the next one.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type {
  BatchTime,
  MessageOperation,
  OperationOutcome,
} from "../../messages/operation/operation.ts";
import { FIRST_FORM } from "../log/body.ts";
import type { Bytes } from "../log/seal.ts";
import { encodeBatch, writeOperation } from "./batch.ts";

/** What proposals go through. */
export interface ProposalsParts {
  /** The time for a batch that is written now. */
  readonly time: () => BatchTime;
  /**
   * Writes a batch.
   *
   * @param body The batch.
   * @returns What became of each of its operations, once this server has applied it.
   */
  readonly write: (body: Bytes) => Promise<readonly OperationOutcome[]>;
}

/** Operations that wait for a batch. */
interface Waiting {
  readonly operations: readonly string[];
  /** The rules that they need. */
  readonly rules: number;
  /** Characters of their JSON. */
  readonly length: number;
  readonly resolve: (outcomes: readonly OperationOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Writes operations in batches. */
export class Proposals {
  readonly #parts: ProposalsParts;
  #waiting: Waiting[] = [];
  #length = 0;
  /** Whether the outcome of a batch is not known yet, or one is about to be sent. */
  #isBusy = false;
  #idle = Promise.withResolvers<void>();

  /** @param parts What they go through. */
  constructor(parts: ProposalsParts) {
    this.#parts = parts;
  }

  /**
   * Writes operations, with others that come at the same time; they stay together and in their order.
   *
   * @param operations The operations.
   * @param rules The rules that they need.
   * @returns What became of each, once this server has applied the batch.
   * @throws {DariError} `unavailable` when too much waits, and what `write` throws.
   */
  propose(
    operations: readonly MessageOperation[],
    rules: number = FIRST_FORM,
  ): Promise<readonly OperationOutcome[]> {
    const written = operations.map(writeOperation);
    const length = written.reduce((sum, { length }) => sum + length, 0);
    const isTooMuch = this.#waiting.length >= limits.maxPendingRequests ||
      (this.#waiting.length > 0 && this.#length + length > limits.maxPendingPutBytes);
    if (isTooMuch) return Promise.reject(tooMuchWaits());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operations: written, rules, length, resolve, reject });
      this.#length += length;
      this.#go();
    });
  }

  /** Resolves once nothing waits and nothing is under way. */
  async idle(): Promise<void> {
    while (this.#isBusy) await this.#idle.promise;
  }

  /**
   * Those that are asked for in one turn go together. Two batches under way at once would each have half
   * as many operations, and a batch costs more than an operation.
   */
  #go(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    queueMicrotask(() => this.#sendAll());
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#send(this.#next());
    this.#isBusy = false;
    this.#idle.resolve();
    this.#idle = Promise.withResolvers();
  }

  /** As many as one batch may have; the first one goes however long it is. */
  #next(): Waiting[] {
    let [count, length, operations] = [0, 0, 0];
    for (const each of this.#waiting) {
      length += each.length;
      operations += each.operations.length;
      const isFull = length > limits.messageBatchLength || operations > limits.maxQueueGroup;
      if (count > 0 && isFull) break;
      count++;
    }
    const next = this.#waiting.splice(0, count);
    for (const { length } of next) this.#length -= length;
    return next;
  }

  async #send(group: readonly Waiting[]): Promise<void> {
    try {
      const { time, write } = this.#parts;
      const head = {
        rules: Math.max(...group.map(({ rules }) => rules)),
        ...time(),
        seed: crypto.getRandomValues(new Uint8Array(limits.batchSeedBytes)),
      };
      const outcomes = await write(
        encodeBatch(head, group.flatMap(({ operations }) => operations)),
      );
      let at = 0;
      for (const { operations: { length }, resolve } of group) {
        resolve(outcomes.slice(at, at += length));
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}

function tooMuchWaits(): DariError {
  return new DariError("unavailable", "Too much waits to be written to the cluster; try again", {
    retryAfterMs: limits.storeRetryAfterMs,
  });
}
