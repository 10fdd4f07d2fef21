/**
 * Everything by which a client makes calls again: put together once a client.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { CallOptions } from "../call/call_options.ts";
import { paramsOf } from "../call/call_line.ts";
import { HedgedCall } from "../call/hedged_call.ts";
import { beginCall, type OutgoingCall } from "../call/outgoing_call.ts";
import { Circuit, type CircuitOptions, type CircuitStatus } from "./circuit.ts";
import { EarlyQuestion } from "./early_question.ts";
import { ResumedStreams } from "./resumed_streams.ts";
import { type RetryOptions, retrySettings, type RetryThrottlingOptions } from "./retry_options.ts";
import { RetryPolicy } from "./retry_policy.ts";
import { type RepeatableCall, RetryingCalls, type RetryParts } from "./retrying_calls.ts";
import { type Answer, ServerKnowledge } from "./server_knowledge.ts";
import { StreamCircuit } from "./stream_circuit.ts";

/** How a client makes calls again. */
export interface RepetitionOptions {
  readonly retry?: RetryOptions | undefined;
  readonly retryThrottling?: RetryThrottlingOptions | undefined;
  readonly circuit?: CircuitOptions | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The way of a client to its server. */
export interface RepetitionPlace {
  /** Sends a call over the link that is picked for it. */
  send(call: OutgoingCall): void;
  /** The clock of the deadlines, in milliseconds. */
  now(): number;
}

/** The parts by which one client makes calls again. */
export class Repetition {
  readonly calls: RetryingCalls;
  readonly streams: ResumedStreams;
  readonly streamCircuit: StreamCircuit;
  readonly early: EarlyQuestion;
  /** Where the client has one. */
  readonly circuit: Circuit | undefined;
  readonly #policy: RetryPolicy;
  readonly #now: () => number;

  /**
   * @param options How often and how soon.
   * @param place The way to the server.
   * @throws {RangeError} For numbers that cannot be used.
   */
  constructor(options: RepetitionOptions, place: RepetitionPlace) {
    const { clock, random, retry, retryThrottling, circuit } = options;
    const policy = this.#policy = new RetryPolicy(
      clock,
      random,
      retrySettings(retry, retryThrottling),
    );
    this.circuit = circuit && new Circuit(circuit, () => clock.monotonic());
    const knowledge = new ServerKnowledge(() => discover(place));
    const parts: RetryParts = {
      send: (call) => {
        if (this.early.isWanted) this.early.waitBehind(call);
        place.send(call);
      },
      now: () => place.now(),
      policy,
      knowledge,
      circuit: this.circuit,
    };
    this.#now = parts.now;
    this.early = new EarlyQuestion(knowledge);
    this.calls = new RetryingCalls(parts);
    this.streamCircuit = new StreamCircuit(this.circuit, () => {
      const options = { idempotent: false, timeoutMs: limits.discoverTimeoutMs };
      this.call("rpc.ping", undefined, options, undefined).catch(() => {}); // the circuit was told
    });
    this.streams = new ResumedStreams(parts, this.streamCircuit);
  }

  /**
   * Makes a call with options.
   *
   * @param method The method's name.
   * @param params Its params.
   * @param given The options of the call.
   * @param defaultMs The deadline of a call that names none, where the client has one, in milliseconds.
   * @returns Its result.
   * @throws {RangeError} For an idempotency key that is empty or too long.
   */
  call(
    method: string,
    params: unknown,
    given: RepeatOptions,
    defaultMs: number | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { repeats, options: { timeoutMs = defaultMs, ...options } } = repeatsOf(given);
      const written = paramsOf(method, params);
      const call: RepeatableCall = {
        method,
        params: written,
        options,
        deadlineAt: this.#now() + (timeoutMs ?? limits.callTimeoutMs),
        tellsDeadline: timeoutMs !== undefined,
        repeats: hasStreams(written) ? "never" : repeats,
      };
      this.calls.run(call, resolve, reject);
    });
  }

  /** What was counted from the beginning. */
  stats(): {
    attempts: number;
    retries: number;
    throttled: number;
    retryTokens: number;
    resumed: number;
    circuit: CircuitStatus | undefined;
  } {
    const { retries, throttled } = this.#policy;
    return {
      attempts: this.calls.attempts,
      retries,
      throttled,
      retryTokens: this.calls.tokens,
      resumed: this.streams.resumed,
      circuit: this.circuit?.status,
    };
  }
}

/** The options of a call by which its caller says that it may be made again. */
interface RepeatOptions extends CallOptions {
  readonly idempotent?: boolean | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** Why a call may be made again, and the options that go with each try. */
function repeatsOf(
  given: RepeatOptions,
): Pick<RepeatableCall, "repeats"> & { readonly options: CallOptions } {
  const { idempotent, idempotencyKey, ...options } = given;
  const key = idempotencyKey ?? options.meta?.idempotencyKey;
  if (key !== undefined) checkKey(key);
  if (idempotencyKey !== undefined) options.meta = { ...options.meta, idempotencyKey };
  if (idempotent !== undefined) return { repeats: idempotent ? "always" : "never", options };
  return { repeats: key === undefined ? "idempotent-method" : "keyed", options };
}

/** Whether params hold streams, which can be read only once. */
function hasStreams(params: RepeatableCall["params"]): boolean {
  return typeof params === "object" && params.holes.some(({ kind }) => kind === "stream");
}

function checkKey(key: string): void {
  const { length } = key;
  if (length > 0 && length <= limits.maxIdempotencyKeyLength) return;
  throw new RangeError(
    `idempotencyKey has ${length} characters; use 1 to ${limits.maxIdempotencyKeyLength}`,
  );
}

function discover({ send, now }: RepetitionPlace): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = new HedgedCall({
      method: "rpc.discover",
      params: undefined,
      options: { waitForReady: false },
      resolve: (document, { holder }) => resolve({ document, over: holder }),
      reject,
    }).first();
    call.tellDeadline();
    send(beginCall(call, limits.discoverTimeoutMs, now()));
  });
}
