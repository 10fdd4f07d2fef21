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

/** The streams of dari itself that go on by a cursor: the document has only methods of programs. */
const OWN_CURSORS: readonly (readonly [string, LearnedCursor])[] = [
  ["rpc.topic.subscribe", { param: "from", item: "cursor" }],
];

const NOTHING: Learned = {
  keepsAnswers: false,
  idempotent: new Set(),
  cursors: new Map(OWN_CURSORS),
};

/** What the server answered, and which connection it answered over. */
export interface Answer {
  readonly document: unknown;
  readonly over: object | undefined;
}

/** What a caller needs to know, and how long it waits for that. */
export interface Question {
  /** What {@linkcode ServerKnowledge.need} gave when the call failed. */
  readonly need: number;
  /** In milliseconds. */
  readonly leftMs: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the server when the first call has failed that might be made again, and again when a connection
 * was lost: who answers then may be another one. All servers of a client are taken to be alike.
 */
export class ServerKnowledge {
  readonly #ask: () => Promise<Answer>;
  /** What was learned last; it may be old. */
  #learned: Learned | undefined;
  /** How often it was learned: a call that failed later than that needs the next time. */
  #times = 0;
  /** The connections over which it was learned. */
  readonly #learnedOver = new WeakSet<object>();
  /** The question that is under way. */
  #asking: Promise<Learned> | undefined;

  /** @param ask Calls `rpc.discover`. */
  constructor(ask: () => Promise<Answer>) {
    this.#ask = ask;
  }

  /** What was learned, also of a server that may have changed since. */
  get last(): Learned | undefined {
    return this.#learned;
  }

  /**
   * How a stream goes on, as far as anything is known of the server; it may be old.
   *
   * @param method Its method.
   */
  cursorOf(method: string): LearnedCursor | undefined {
    return (this.#learned ?? NOTHING).cursors.get(method);
  }

  /**
   * What has to be known before a call is made again.
   *
   * @param error Why it failed.
   * @param over The connection that it was sent over.
   * @returns How often it must have been learned: once more where the connection was lost, or where
   * nothing was learned over it.
   */
  need(error: unknown, over: object | undefined): number {
    const isAnswer = error instanceof RpcError && over !== undefined;
    return isAnswer && this.#learnedOver.has(over) ? this.#times : this.#times + 1;
  }

  /** What is known, where that is enough. */
  known(need: number): Learned | undefined {
    return this.#times >= need ? this.#learned : undefined;
  }

  /**
   * Asks the server, unless what is known is enough; waits for the question that is under way.
   *
   * @param question What the caller needs, and how long it waits.
   * @returns What is known now.
   * @throws {DariError} Why the server could not be asked; `DOMException` when the time is over.
   */
  learn({ need, leftMs, signal }: Question): Promise<Learned> {
    const known = this.known(need);
    if (known !== undefined) return Promise.resolve(known);
    this.#asking ??= this.#learn().finally(() => this.#asking = undefined);
    return deadline(abortable(this.#asking, signal), leftMs);
  }

  async #learn(): Promise<Learned> {
    let learned = NOTHING;
    try {
      const { document, over } = await this.#ask();
      learned = learnedFrom(document);
      if (over !== undefined) this.#learnedOver.add(over);
    } catch (error) {
      // A server that answers with an error knows nothing of this.
      if (!(error instanceof RpcError) || error.retryable) throw error;
    }
    this.#times++;
    return this.#learned = learned;
  }
}

/** Reads an answer to `rpc.discover`, which may be anything. */
function learnedFrom(document: unknown): Learned {
  const { methods, "x-idempotency-keys": keeps } = membersOf(document);
  if (!Array.isArray(methods)) return NOTHING;
  const idempotent = new Set<string>();
  const cursors = new Map<string, LearnedCursor>(OWN_CURSORS);
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
