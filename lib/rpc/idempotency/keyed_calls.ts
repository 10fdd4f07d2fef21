/**
 * The calls with an idempotency key that came over one connection.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { EncodedJson } from "../../protocol/encode.ts";
import type { Meta } from "../../protocol/message.ts";
import { writeValue } from "../../protocol/values/write.ts";
import { fillPlain } from "../../protocol/values/written.ts";
import { type AnswerState, type ErrorAnswer, KeptError } from "./answer_record.ts";
import { answerName, callDigest, type KeyedRequest } from "./call_identity.ts";
import type { CallAtWork } from "./running_on.ts";
import { KeptAnswers } from "./kept_answers.ts";
import type { KeyedTask, RunEnd } from "./keyed_task.ts";

/** A call that is being served, as far as its key needs it. */
export interface KeyedCall extends CallAtWork {
  readonly meta: Readonly<Meta>;
  /** Whether it ended, whatever its handler still does. */
  readonly isDone: boolean;
}

/** The method of such a call. */
export interface KeyedMethod {
  readonly name: string;
  readonly isIdempotent: boolean;
  /** Whether it streams, as far as it says so. */
  describe(): { readonly isStream: boolean };
}

/** Runs the call, and tells how it is answered. */
export interface KeyedRun {
  /** Runs the handler; may throw. */
  run(): unknown;
  /** Whether what the handler gave is a stream of items, which then ends. */
  endIfStream(result: unknown): boolean;
  /** Whether the handler was told to stop. */
  isStopped(): boolean;
  /** How its caller is told of an error; `undefined` for one that may pass. */
  answerOf(error: unknown): ErrorAnswer | undefined | Promise<ErrorAnswer | undefined>;
}

/** The keys of one connection. */
export class KeyedCalls {
  readonly #shared: KeptAnswers;
  readonly #now: () => number;
  /** The answers of callers whom nobody knows: they end with the connection. */
  #own: KeptAnswers | undefined;

  /**
   * @param shared The answers of the server.
   * @param now The time, in milliseconds since the epoch.
   */
  constructor(shared: KeptAnswers, now: () => number) {
    this.#shared = shared;
    this.#now = now;
  }

  /**
   * Runs a call once, or gives the answer that it had.
   *
   * @param call The call; its meta has a key.
   * @param method Its method.
   * @param request Its request.
   * @param run Runs it.
   * @returns Its result.
   * @throws {DariError} `failed_precondition` for a key that is another call's, a call that may have
   * run, and one that streams.
   */
  async run(
    call: KeyedCall,
    method: KeyedMethod,
    request: KeyedRequest,
    run: KeyedRun,
  ): Promise<unknown> {
    if (method.describe().isStream) throw streams(method.name);
    const { principal, meta: { idempotencyKey = "" } } = call;
    const task: KeyedTask = {
      name: await answerName(principal ?? STRANGER, idempotencyKey),
      digest: await callDigest(request),
      method: method.name,
      isIdempotent: method.isIdempotent,
      isGivenUp: () => call.isDone,
      leftMs: () => call.leftMs(),
    };
    const answers = principal === null ? this.#ownAnswers() : this.#shared;
    const ended = await answers.run(task, () => this.#act(call, method, run));
    return "settle" in ended ? ended.settle() : replay(ended);
  }

  /**
   * Lets a call go on whose connection has ended: its caller comes back for the answer.
   *
   * @param call The call.
   * @param tooLate Makes the reason to stop at its deadline.
   * @returns Whether it goes on.
   */
  runOn(call: KeyedCall, tooLate: () => DariError): boolean {
    if (call.principal === null || call.meta.idempotencyKey === undefined) return false;
    this.#shared.runningOn.add(call, tooLate);
    return true;
  }

  #ownAnswers(): KeptAnswers {
    return this.#own ??= new KeptAnswers({ maxBytes: limits.maxStrangerAnswerBytes }, this.#now);
  }

  async #act(call: KeyedCall, method: KeyedMethod, run: KeyedRun): Promise<RunEnd> {
    try {
      const result = await run.run();
      if (!run.endIfStream(result)) return { keep: resultOf(result), settle: () => result };
      const error = streams(method.name);
      return { keep: { state: "unkept", why: error.message }, settle: () => raise(error) };
    } catch (error) {
      const settle = () => raise(error);
      // A handler that was told to stop may have done half of it.
      if (run.isStopped()) {
        return { keep: method.isIdempotent ? undefined : { state: "lost" }, settle };
      }
      return { keep: await run.answerOf(error), settle };
    } finally {
      this.#shared.runningOn.ended(call);
    }
  }
}

const STRANGER = { name: "" };

/** A result in the form that is kept. */
function resultOf(result: unknown): AnswerState {
  if (result === undefined) return { state: "result", text: "null" };
  if (result instanceof EncodedJson) return { state: "result", text: result.text };
  const written = writeValue(result, "result");
  if (typeof written === "string") return { state: "result", text: written };
  if ("reason" in written) return { state: "unkept", why: written.reason };
  if (written.holes.some(({ kind }) => kind === "stream")) {
    return { state: "unkept", why: "a stream is in it" };
  }
  return { state: "result", text: fillPlain(written), types: written.types };
}

function replay(answer: AnswerState): unknown {
  if (answer.state === "result") return new EncodedJson(answer.text, answer.types);
  if (answer.state === "error") throw new KeptError(answer);
  throw new DariError("internal", `There is no answer in what was kept: ${answer.state}`);
}

function raise(error: unknown): never {
  throw error;
}

function streams(method: string): DariError {
  const message = `"${method}" streams, and only one answer can be kept; leave out the key`;
  return new DariError("failed_precondition", message);
}
