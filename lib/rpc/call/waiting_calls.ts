/**
 * Calls that this side made and that wait for their reply.
 *
 * @module
 */

import { DariError, type ErrorCode, errorTable, RpcError } from "../../base/errors.ts";
import type { ErrorObject, Id } from "../../protocol/message.ts";
import { Deadlines } from "./deadlines.ts";
import type { ItemStream } from "./item_stream.ts";
import { Slots } from "./slots.ts";

/** One call that waits. */
export interface WaitingCall {
  readonly id: number;
  readonly method: string;
  readonly deadlineAt: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Where its items go, for a call that streams. */
  readonly stream?: ItemStream<unknown> | undefined;
}

const codeByNumber = new Map<number, ErrorCode>();
for (const [code, row] of Object.entries(errorTable)) {
  if (!codeByNumber.has(row.wire)) codeByNumber.set(row.wire, code as ErrorCode);
}

/** The calls of one connection. */
export class WaitingCalls {
  readonly #calls = new Slots<WaitingCall>();
  readonly #deadlines: Deadlines<WaitingCall>;

  /**
   * @param monotonic The clock that deadlines are kept in.
   * @param giveUp Told of a call that is no longer waited for, so that the other side can be told.
   */
  constructor(monotonic: () => number, giveUp: (id: number) => void) {
    this.#deadlines = new Deadlines(() => this.#calls.values(), (call) => {
      this.#calls.take(call.id);
      call.reject(
        new DariError("deadline_exceeded", `"${call.method}" did not answer before its deadline`),
      );
      giveUp(call.id);
    }, monotonic);
  }

  /** How many wait. */
  get size(): number {
    return this.#calls.size;
  }

  /** @returns An id that no call of this connection had before. */
  nextId(): number {
    return this.#calls.nextId();
  }

  /** Adds a call. */
  add(call: WaitingCall): void {
    this.#calls.set(call.id, call);
    this.#deadlines.watch(call);
  }

  /** Settles the call that a reply belongs to. Replies to nothing are ignored: they came too late. */
  resolve(id: Id, result: unknown): void {
    const call = this.#calls.take(id);
    call?.resolve(result);
  }

  /** Fails the call that an error belongs to. */
  reject(id: Id, error: ErrorObject): void {
    const call = this.#calls.take(id);
    call?.reject(errorOf(error));
  }

  /** Hands an item to the stream that it belongs to. */
  pushItem(id: unknown, item: unknown): void {
    this.#calls.get(id)?.stream?.push(item);
  }

  /**
   * Fails a call that its caller no longer waits for.
   *
   * @returns Whether it was waiting.
   */
  abandon(id: number, error: unknown): boolean {
    const call = this.#calls.take(id);
    call?.reject(error);
    return call !== undefined;
  }

  /** Fails every call: the connection is gone. */
  rejectAll(error: unknown): void {
    this.#deadlines.stop();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.reject(error);
  }
}

/** The error of a reply, as this side throws it. */
function errorOf({ code, message, data }: ErrorObject): RpcError {
  const { retryable, retryAfterMs } = (typeof data === "object" && data !== null ? data : {}) as {
    retryable?: unknown;
    retryAfterMs?: unknown;
  };
  return new RpcError(codeByNumber.get(code) ?? "internal", message, {
    data,
    ...(typeof retryable === "boolean" ? { retryable } : {}),
    ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
  });
}
