/**
 * Calls that are made again where that does no harm.
 *
 * This is no interceptor: a plain call would pay for one with a promise, and most calls never fail.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { WrittenValue } from "../../protocol/values/written.ts";
import type { CallOptions } from "../call/call_options.ts";
import { type HedgeBudget, HedgedCall } from "../call/hedged_call.ts";
import {
  beginCall,
  type CallHedging,
  type CallRecovery,
  cancelled,
  type Hedge,
  OutgoingCall,
  type OutgoingCallOptions,
} from "../call/outgoing_call.ts";
import type { Circuit } from "./circuit.ts";
import { pause, type RetryPolicy } from "./retry_policy.ts";
import type { Learned, ServerKnowledge } from "./server_knowledge.ts";

/**
 * Why a call may be made again: its caller says so, its method says so, the server remembers its
 * key; or it may not.
 */
export type Repeats = "always" | "idempotent-method" | "keyed" | "never";

/** What the tries of calls need of their client. */
export interface RetryParts {
  /** Sends a call over the link that is picked for it. */
  send(call: OutgoingCall): void;
  /** The clock of the deadlines, in milliseconds. */
  now(): number;
  readonly policy: RetryPolicy;
  readonly knowledge: ServerKnowledge;
  /** Where the client has one. */
  readonly circuit: Circuit | undefined;
}

/** A call with everything that its tries have in common. */
export interface RepeatableCall {
  readonly method: string;
  readonly params: string | WrittenValue | undefined;
  readonly options: CallOptions;
  /** On the clock of the deadlines. */
  readonly deadlineAt: number;
  /** Whether the server is told the deadline of the first try too. */
  readonly tellsDeadline: boolean;
  readonly repeats: Repeats;
}

const NO_OPTIONS: CallOptions = Object.freeze({});

/** How a try failed. */
interface Failure {
  readonly error: unknown;
  readonly isUnsent: boolean;
  /** Whether the server can be asked about its methods: it was reached, and knows more than calls. */
  readonly mayAsk: boolean;
  /** What has to be known of the server before the next try. */
  readonly need: number;
}

/** Makes calls, and makes them again. */
export class RetryingCalls implements CallRecovery, CallHedging, HedgeBudget {
  /** How many plain calls were made; counted by the client. */
  plain = 0;
  readonly #parts: RetryParts;
  /** How many tries there were beside the plain calls. */
  #tries = 0;
  /** How many plain calls have failed, and for how many that did not the policy was told. */
  #plainFailed = 0;
  #plainTold = 0;

  /** @param parts What it needs of its client. */
  constructor(parts: RetryParts) {
    this.#parts = parts;
  }

  /** How many tries of calls there were. */
  get attempts(): number {
    return this.plain + this.#tries;
  }

  /** How many tokens are left for retries. */
  get tokens(): number {
    this.#tellPlain();
    return this.#parts.policy.tokens;
  }

  /**
   * Makes a call until it is answered, or must not be made again.
   *
   * @param call The call.
   * @param resolve Told of its result.
   * @param reject Told why its last try failed.
   */
  run(
    call: RepeatableCall,
    resolve: (result: unknown) => void,
    reject: (error: unknown) => void,
  ): void {
    this.#send(call, 1, resolve, (failure) => {
      this.#goOn(call, failure).then(resolve, reject);
    });
  }

  recover(failed: OutgoingCall, error: unknown): boolean {
    this.#plainFailed++;
    const { policy, knowledge, now } = this.#parts;
    const { method, params, deadlineAt, streams, id, holder } = failed;
    const isUnsent = id === 0;
    const need = knowledge.need(error, holder);
    if (streams !== undefined || !policy.isRetryable(error) || deadlineAt <= now()) return false;
    const known = isUnsent ? knowledge.last : knowledge.known(need);
    if (known === undefined ? !mayAsk(failed, knowledge) : !known.idempotent.has(method)) {
      return false;
    }
    const call: RepeatableCall = {
      method,
      params,
      options: NO_OPTIONS, // a plain call has none but this recovery
      deadlineAt,
      tellsDeadline: true,
      repeats: "idempotent-method",
    };
    this.#goOn(call, { error, isUnsent, mayAsk: true, need }).then(failed.resolve, failed.rejected);
    return true;
  }

  /**
   * A call waits at a server that is silent, and its caller has not said whether it may run twice: its
   * method says so, to whom that is known, or to whoever asks another server.
   */
  hedge(call: OutgoingCall): Hedge | undefined {
    const { knowledge, now, send } = this.#parts;
    const { method, deadlineAt } = call;
    const { last } = knowledge;
    if (last === undefined ? !mayAsk(call, knowledge) : !last.idempotent.has(method)) {
      return undefined;
    }
    const hedge = HedgedCall.of(call, this);
    if (last !== undefined) return hedge;
    hedge.isHeld = true;
    knowledge.learn({ need: 1, leftMs: deadlineAt - now() }).then(({ idempotent }) => {
      hedge.isHeld = !idempotent.has(method);
      if (hedge.canMove) send(hedge.again());
    }, () => {}); // it stays where it is, as it would without all this
    return hedge;
  }

  get allowsHedge(): boolean {
    return this.#parts.policy.allowsHedge;
  }

  hedged(): void {
    this.#tries++;
    this.#tellPlain();
    this.#parts.policy.hedged();
  }

  /** A plain call that succeeds tells nobody: it is counted when the next one fails. */
  #tellPlain(): void {
    const succeeded = this.plain - this.#plainFailed - this.#plainTold;
    if (succeeded <= 0) return;
    this.#plainTold += succeeded;
    this.#parts.policy.succeeded(succeeded);
  }

  /** What follows the first try of a call. */
  async #goOn(call: RepeatableCall, first: Failure): Promise<unknown> {
    const { method, options: { signal }, deadlineAt } = call;
    let failure = first;
    /** The last try that may have run. */
    let sent = first.isUnsent ? undefined : first;
    for (let tries = 1;; tries++) {
      if (!await this.#mayRepeat(call, failure)) throw failure.error;
      this.#tellPlain();
      const pauseMs = this.#parts.policy.pauseMs({ ...failure, tries, deadlineAt });
      if (pauseMs === undefined) throw failure.error;
      await pause(pauseMs, { method, signal });
      const next = await this.#unconfirmed(call, sent) ?? await this.#try(call, tries + 1);
      if ("result" in next) return next.result;
      failure = next;
      if (!next.isUnsent) sent = next;
    }
  }

  #try(call: RepeatableCall, tries: number): Promise<Failure | { readonly result: unknown }> {
    return new Promise((resolve) =>
      this.#send(call, tries, (result) => resolve({ result }), resolve)
    );
  }

  /** Sends one try of a call; it ends with one of the two callbacks, once. */
  #send(
    call: RepeatableCall,
    tries: number,
    succeeded: (result: unknown) => void,
    failed: (failure: Failure) => void,
  ): void {
    const { circuit, policy, knowledge, now, send } = this.#parts;
    const { method, params, options, deadlineAt, repeats } = call;
    let sent: OutgoingCall | undefined;
    let admitted: ReturnType<Circuit["admit"]> | undefined;
    const resolve = (result: unknown) => {
      admitted?.succeeded();
      if (repeats !== "never") policy.succeeded();
      succeeded(result);
    };
    const reject = (error: unknown) => {
      admitted?.failed(error);
      const isUnsent = sent === undefined || sent.id === 0;
      const need = knowledge.need(error, sent?.holder);
      failed({ error, isUnsent, mayAsk: sent !== undefined && mayAsk(sent, knowledge), need });
    };
    this.#tries++;
    try {
      admitted = circuit?.admit();
      const isHedged = repeats === "always" || (repeats === "idempotent-method" && tries > 1);
      const made = isHedged
        ? new HedgedCall({ method, params, options, resolve, reject, budget: this }).first()
        : new OutgoingCall("call", method, params, this.#hedgeable(call), resolve, reject);
      made.tellsDeadline = call.tellsDeadline || tries > 1;
      const nowMs = now();
      sent = beginCall(made, deadlineAt - nowMs, nowMs);
    } catch (error) {
      return reject(error);
    }
    send(sent);
  }

  #hedgeable({ options, repeats }: RepeatableCall): OutgoingCallOptions {
    return repeats === "idempotent-method" ? { ...options, hedging: this } : options;
  }

  /** Whether a call that failed may be made again, as far as that is known before the pause. */
  async #mayRepeat(call: RepeatableCall, failure: Failure): Promise<boolean> {
    const { error, isUnsent, mayAsk, need } = failure;
    const { repeats, method, deadlineAt, options: { signal } } = call;
    const { policy, knowledge, now } = this.#parts;
    if (repeats === "always") return true;
    if (repeats === "never" || !policy.isRetryable(error)) return false;
    const asks = !isUnsent && (mayAsk || repeats === "keyed");
    const leftMs = deadlineAt - now();
    // Where nobody can be asked, what was known decides; the next try asks before it is sent.
    if (asks && leftMs > 0) await knowledge.learn({ need, leftMs, signal }).catch(() => {});
    const known = knowledge.last;
    // A key says that its caller wants it: the server is asked before the next try.
    if (known === undefined) return repeats === "keyed";
    return allows(known, repeats, method);
  }

  /**
   * The server that gets the next try may be another one than the one that got the last: it has to say
   * the same of the method.
   *
   * @returns Why it cannot be asked; `undefined` where it says so, or nothing was sent to anybody yet.
   * @throws Why the last try failed, where the server does not say so.
   */
  async #unconfirmed(
    call: RepeatableCall,
    sent: Failure | undefined,
  ): Promise<Failure | undefined> {
    const { repeats, method, deadlineAt, options: { signal } } = call;
    if (repeats === "always" || sent === undefined) return undefined;
    const { knowledge, now } = this.#parts;
    try {
      const { need } = sent;
      const known = await knowledge.learn({ need, leftMs: deadlineAt - now(), signal });
      if (allows(known, repeats, method)) return undefined;
    } catch (error) {
      if (error instanceof DariError) {
        return { error, isUnsent: true, mayAsk: false, need: sent.need };
      }
      if (signal?.aborted) throw cancelled(method, signal);
    }
    throw sent.error;
  }
}

/**
 * Whether a server can be asked about its methods. One that was not reached cannot, and one that
 * speaks plain JSON-RPC would be troubled for nothing.
 *
 * @param call A call of it that failed.
 * @param knowledge What is known of it.
 * @returns Whether it can.
 */
export function mayAsk({ id, holder }: OutgoingCall, { last }: ServerKnowledge): boolean {
  return id !== 0 && (last !== undefined || holder?.itemBytes === "counted");
}

function allows(known: Learned, repeats: Repeats, method: string): boolean {
  return repeats === "keyed" ? known.keepsAnswers : known.idempotent.has(method);
}
