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

/** One call that waits. Its caller makes it; what ends it is its reply, or one of `WaitingCalls`. */
export interface WaitingCall {
  /** Given by {@linkcode WaitingCalls.nextId} when the call is sent; fixed from then on. */
  id: number;
  readonly method: string;
  /** When it is too late, on the clock of the deadlines; `Infinity` for never. */
  deadlineAt: number;
  /** Told of its result, or of its error; exactly one of them, once. */
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  /** Where its items go, for a call that streams. */
  readonly stream: ItemStream<unknown> | undefined;
}

const codeByNumber = new Map<number, ErrorCode>();
for (const [code, row] of Object.entries(errorTable)) {
  if (!codeByNumber.has(row.wire)) codeByNumber.set(row.wire, code as ErrorCode);
}

/** The calls of one connection. Each leaves it before its caller is told how it ended. */
export class WaitingCalls {
  readonly #calls = new Slots<WaitingCall>();
  readonly #deadlines: Deadlines<WaitingCall>;

  /**
   * @param monotonic The clock of the deadlines, in milliseconds.
   * @param onExpired Told the id of a call whose deadline has passed, for the other side to know.
   */
  constructor(monotonic: () => number, onExpired: (id: number) => void) {
    const expire = ({ id, method }: WaitingCall): void => {
      const message = `"${method}" did not answer before its deadline`;
      if (this.abandon(id, new DariError("deadline_exceeded", message))) onExpired(id);
    };
    this.#deadlines = new Deadlines(() => this.#calls.values(), expire, monotonic);
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

  /** Gives a result to the call that it belongs to. One that comes too late belongs to no call. */
  resolve(id: Id, result: unknown): void {
    this.#calls.take(id)?.resolve(result);
  }

  /** Gives an error of the other side to the call that it belongs to. */
  reject(id: Id, error: ErrorObject): void {
    this.#calls.take(id)?.reject(errorOf(error));
  }

  /** Hands an item to the stream that it belongs to. */
  pushItem(id: unknown, item: unknown): void {
    this.#calls.get(id)?.stream?.push(item);
  }

  /**
   * Fails a call without a reply.
   *
   * @param id The call's.
   * @param error Why.
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
