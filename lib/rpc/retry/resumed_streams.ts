/**
 * Streams that go on where a lost connection cut them, by the cursor of the last item that came.
 *
 * @module
 */

import type { OutgoingCall } from "../call/outgoing_call.ts";
import { type CallOutcome, streamCall, type StreamResumption } from "../call/stream_call.ts";
import type { ItemStream } from "../stream/item_stream.ts";
import type { StreamCircuit } from "./stream_circuit.ts";
import { mayAsk, type RetryParts } from "./retrying_calls.ts";
import { pause } from "./retry_policy.ts";
import type { Learned, LearnedCursor } from "./server_knowledge.ts";

/** What all calls of one stream have in common, from the first cut on. */
interface CutStream {
  readonly stream: ItemStream<unknown>;
  /** Tries since the last item that came. */
  tries: number;
  /** How many items had come when it was cut last. */
  received: number;
  /** What has to be known of the server before it goes on. */
  need: number;
}

/** Goes on with the streams of one client. */
export class ResumedStreams implements StreamResumption {
  /** How often a stream has gone on. */
  resumed = 0;
  readonly #parts: RetryParts;
  readonly #circuit: StreamCircuit;

  /**
   * @param parts What it needs of its client.
   * @param circuit Lets them through once more.
   */
  constructor(parts: RetryParts, circuit: StreamCircuit) {
    this.#parts = parts;
    this.#circuit = circuit;
  }

  resume(call: OutgoingCall, error: unknown): boolean {
    const { stream } = call;
    if (stream === undefined) return false;
    return this.#resume(call, { stream, tries: 0, received: 0, need: 0 }, error);
  }

  #resume(call: OutgoingCall, cut: CutStream, error: unknown): boolean {
    const { policy, knowledge, now } = this.#parts;
    const { method, streams, deadlineAt, options: { given }, id, holder } = call;
    const isNamed = given === undefined || (typeof given === "object" && !Array.isArray(given));
    if (!isNamed || streams !== undefined || cut.stream.isEnded) return false;
    if (!policy.isRetryable(error) || deadlineAt <= now()) return false;
    if (id !== 0) cut.need = knowledge.need(error, holder);
    const known = id === 0 ? knowledge.last : knowledge.known(cut.need);
    if (known === undefined ? !mayAsk(call, knowledge) : !known.cursors.has(method)) return false;
    this.#goOn(call, cut, error).catch((failure) => cut.stream.fail(failure));
    return true;
  }

  /** @throws Why the stream ends: nobody goes on with it. */
  async #goOn(call: OutgoingCall, cut: CutStream, error: unknown): Promise<void> {
    const { method, deadlineAt, options, id } = call;
    const { stream } = cut;
    const isUnsent = id === 0;
    if (!isUnsent && await this.#cursorOf(call, cut) === undefined) throw error;
    if (stream.received > cut.received) cut.tries = 0;
    cut.received = stream.received;
    const failed = { error, tries: ++cut.tries, deadlineAt, isUnsent };
    const pauseMs = this.#parts.policy.pauseMs(failed);
    if (pauseMs === undefined) throw error;
    await pause(pauseMs, { method, signal: options.signal });
    await stream.wanted();
    if (stream.isEnded) return;
    const cursor = await this.#cursorOf(call, cut, error);
    if (stream.isEnded) return;
    if (cursor === undefined) return this.#again(call, cut, error);
    const params = paramsBehind(stream, options.given, cursor);
    if (params === NO_CURSOR) throw error;
    let outcome: CallOutcome | undefined;
    try {
      outcome = this.#circuit.admit();
    } catch (refusal) {
      return this.#again(call, cut, refusal);
    }
    this.#send(call, cut, params, outcome);
  }

  /** Nobody could be asked, or the circuit is open: that counts as a try that was not sent. */
  #again(call: OutgoingCall, cut: CutStream, error: unknown): void {
    call.id = 0;
    if (!this.#resume(call, cut, error)) throw error;
  }

  #send(
    { method, deadlineAt, options, stream }: OutgoingCall,
    cut: CutStream,
    params: unknown,
    outcome: CallOutcome | undefined,
  ): void {
    if (stream === undefined) return;
    const { given, ...rest } = options;
    const now = this.#parts.now();
    const resumption = {
      resume: (failed: OutgoingCall, failure: unknown) => this.#resume(failed, cut, failure),
    };
    stream.restart();
    const timed = { ...rest, timeoutMs: deadlineAt - now };
    const call = streamCall(stream, method, params, timed, now, resumption, outcome);
    (call.options as { given?: unknown }).given = given;
    this.resumed++;
    this.#parts.send(call);
  }

  /**
   * How the stream goes on, by what its server says now.
   *
   * @param cause Why the stream was cut: thrown where the server says that it does not go on.
   */
  async #cursorOf(
    call: OutgoingCall,
    { need }: CutStream,
    cause?: unknown,
  ): Promise<LearnedCursor | undefined> {
    const { deadlineAt, options: { signal }, method } = call;
    const leftMs = deadlineAt - this.#parts.now();
    let learned: Learned | undefined;
    try {
      learned = await this.#parts.knowledge.learn({ need, leftMs, signal });
    } catch {
      // Nobody answers: before the pause, what was known counts.
      if (cause === undefined) return this.#parts.knowledge.cursorOf(method);
      return undefined;
    }
    const cursor = learned.cursors.get(method);
    if (cursor === undefined && cause !== undefined) throw cause;
    return cursor;
  }
}

/** What stands for params where the last item has no cursor. */
const NO_CURSOR = Symbol("no cursor");

/** The params that ask for the items behind the last one. */
function paramsBehind(
  { last, received }: ItemStream<unknown>,
  given: unknown,
  { param, item }: LearnedCursor,
): unknown {
  if (received === 0) return given;
  const cursor = item === undefined ? last : (last as Record<string, unknown> | null)?.[item];
  if (cursor === undefined) return NO_CURSOR;
  return { ...(given as object | undefined), [param]: cursor };
}
