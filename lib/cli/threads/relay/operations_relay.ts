/**
 * The main thread's end of calls that other threads pass on: the methods for operations answer there
 * for the whole server, whichever thread was asked.
 *
 * @module
 */

import { operationsMethods } from "../../../rpc/builtin/operations.ts";
import type { Context } from "../../../rpc/method/context.ts";
import type { Method, Methods } from "../../../rpc/method/method.ts";
import type { RegisteredMethod } from "../../../rpc/method/registry.ts";
import { Server } from "../../../rpc/server/server.ts";
import { RelayEnd, type RelayPiece } from "./relay_end.ts";
import type { RelayedCall, RelayedMethod } from "./relayed_methods.ts";

/**
 * Serves the threads. Each has one connection, from its first call until it ends.
 *
 * A method reads of its context who called it, from where, with which meta, and when to stop. Its
 * `notify` and `call` reach the thread and not the caller: methods for operations answer by results
 * and streams.
 */
export class OperationsRelay implements AsyncDisposable {
  /** What the threads are told of the methods. */
  readonly methods: readonly RelayedMethod[];
  readonly #server: Server;
  readonly #ends = new Map<number, RelayEnd>();

  /** @param methods The methods of the main thread. */
  constructor(methods: Methods) {
    const registered = operationsMethods(methods);
    this.methods = registered.map((method) => {
      const { name, summary, isStream, isIdempotent } = method.describe();
      return { name, summary, isStream, isIdempotent };
    });
    this.#server = new Server({
      methods: {},
      // A thread is this process. It has asked its gate about the caller, and its observers hear.
      operations: Object.fromEntries(registered.map((method) => [method.name, served(method)])),
      observer: [],
      idempotency: false,
    });
  }

  /**
   * Takes what a thread says.
   *
   * @param thread Its number.
   * @param piece What it says.
   * @param post Answers it.
   */
  heard(thread: number, piece: RelayPiece, post: (piece: RelayPiece) => void): void {
    const end = this.#ends.get(thread) ?? this.#open(thread, post);
    end.take(piece);
    if (piece.kind === "ended") this.#ends.delete(thread); // its next call opens another one
  }

  /**
   * A thread has ended: its calls are cancelled.
   *
   * @param thread Its number.
   */
  ended(thread: number): void {
    this.#ends.get(thread)?.abort();
    this.#ends.delete(thread);
  }

  /** Ends all calls. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close(0);
  }

  #open(thread: number, post: (piece: RelayPiece) => void): RelayEnd {
    const end = new RelayEnd(post);
    this.#ends.set(thread, end);
    void this.#server.attach(end.connection);
    return end;
  }
}

/** The method, for calls that carry who called. */
function served(method: RegisteredMethod): Method {
  const { isStream } = method.describe();
  const begin = async (relayed: RelayedCall, context: Context) =>
    await method.handler(
      await method.checkParams(relayed.params),
      contextOf(relayed, method.name, context),
    );
  return {
    handler: isStream
      ? async function* ([relayed]: [RelayedCall], context: Context) {
        yield* await begin(relayed, context) as AsyncIterable<unknown>;
      }
      : ([relayed]: [RelayedCall], context: Context) => begin(relayed, context),
  };
}

function contextOf({ caller }: RelayedCall, method: string, context: Context): Context {
  const { principal, peer, meta } = caller;
  return {
    ...{ principal, peer, meta, method },
    get signal() {
      return context.signal;
    },
    get deadline() {
      return context.deadline;
    },
    errors: context.errors,
    step: context.step,
    progress: context.progress,
    publish: context.publish,
    setBaggage: context.setBaggage,
    notify: context.notify,
    call: context.call,
  };
}
