/**
 * What a server says of its methods that matters when a call of one has failed.
 *
 * @module
 */

import { abortable, deadline } from "../../base/abort.ts";
import { RpcError } from "../../base/errors.ts";

/** Which param takes the cursor of a stream, and which member of an item is one. */
export interface LearnedCursor {
  readonly param: string;
  /** `undefined` where the item itself is its cursor. */
  readonly item: string | undefined;
}

/** What was learned of one server. */
export interface Learned {
  /** Whether it remembers the answers of calls with an idempotency key. */
  readonly keepsAnswers: boolean;
  /** The methods of which running a call twice does no more than running it once. */
  readonly idempotent: ReadonlySet<string>;
  /** The streams that go on behind an item. */
  readonly cursors: ReadonlyMap<string, LearnedCursor>;
}

const NOTHING: Learned = { keepsAnswers: false, idempotent: new Set(), cursors: new Map() };

/** How long a caller waits for what is learned. */
export interface Patience {
  /** In milliseconds. */
  readonly leftMs: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the server once, when the first call has failed that might be made again. A server that was
 * connected to anew may be another one, and is asked again.
 */
export class ServerKnowledge {
  readonly #ask: () => Promise<unknown>;
  readonly #connections: () => readonly object[];
  /** What was learned last; it may be old. */
  #learned: Learned | undefined;
  /** The connections that were open when it was. */
  #learnedOver = new WeakSet<object>();
  /** The question that is under way. */
  #asking: Promise<Learned> | undefined;

  /**
   * @param ask Calls `rpc.discover`.
   * @param connections The connections that are open now.
   */
  constructor(ask: () => Promise<unknown>, connections: () => readonly object[]) {
    this.#ask = ask;
    this.#connections = connections;
  }

  /** What was learned, also of a server that may have changed since. */
  get last(): Learned | undefined {
    return this.#learned;
  }

  /** What was learned over the connections that are open; `undefined` where that must be asked. */
  get current(): Learned | undefined {
    const connections = this.#connections();
    const isCurrent = connections.length > 0 &&
      connections.every((connection) => this.#learnedOver.has(connection));
    return isCurrent ? this.#learned : undefined;
  }

  /**
   * Asks the server, unless what is known holds; waits for the question that is under way.
   *
   * @param patience How long the caller waits.
   * @returns What is known now.
   * @throws {DariError} Why the server could not be asked; `DOMException` when the time is over.
   */
  learn({ leftMs, signal }: Patience): Promise<Learned> {
    const { current } = this;
    if (current !== undefined) return Promise.resolve(current);
    this.#asking ??= this.#learn().finally(() => this.#asking = undefined);
    return deadline(abortable(this.#asking, signal), leftMs);
  }

  async #learn(): Promise<Learned> {
    let learned = NOTHING;
    try {
      learned = learnedFrom(await this.#ask());
    } catch (error) {
      // A server that answers with an error knows nothing of this.
      if (!(error instanceof RpcError) || error.retryable) throw error;
    }
    this.#learned = learned;
    for (const connection of this.#connections()) this.#learnedOver.add(connection);
    return learned;
  }
}

/** Reads an answer to `rpc.discover`, which may be anything. */
function learnedFrom(document: unknown): Learned {
  const { methods, "x-idempotency-keys": keeps } = membersOf(document);
  if (!Array.isArray(methods)) return NOTHING;
  const idempotent = new Set<string>();
  const cursors = new Map<string, LearnedCursor>();
  for (const method of methods) {
    const { name, "x-idempotent": isIdempotent, "x-cursor": cursor } = membersOf(method);
    if (typeof name !== "string") continue;
    if (isIdempotent === true) idempotent.add(name);
    const { param, item } = membersOf(cursor);
    if (typeof param !== "string") continue;
    cursors.set(name, { param, item: typeof item === "string" ? item : undefined });
  }
  return { keepsAnswers: keeps === true, idempotent, cursors };
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
