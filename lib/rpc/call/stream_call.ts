/**
 * The call of a stream.
 *
 * @module
 */

import { DariError, type ErrorCode } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { ItemStream } from "../stream/item_stream.ts";
import { paramsOf } from "./call_line.ts";
import type { CallOptions } from "./call_options.ts";
import { beginCall, OutgoingCall } from "./outgoing_call.ts";

/** May go on with a stream that was cut. */
export interface StreamResumption {
  /**
   * Takes a stream that was cut, instead of its reader.
   *
   * @param call Its call.
   * @param error Why it was cut.
   * @returns Whether it took the stream: it goes on, or fails, later.
   */
  resume(call: OutgoingCall, error: unknown): boolean;
}

/** Takes how a call ended. */
export interface CallOutcome {
  /** It was answered. */
  succeeded(): void;
  /** It failed. */
  failed(error: unknown): void;
}

/**
 * Says what the end of a call tells of its server. In a stream, items that came show that it works, also where
 * their reader had enough of them or no time for more; a stream that was left without any says nothing.
 *
 * @param stream The stream, before its reader hears of the end; of other calls there is none.
 * @param outcome Told of it.
 * @param error Why it failed; left out where it ended well.
 */
export function tellEnd(
  stream: ItemStream<unknown> | undefined,
  outcome: CallOutcome,
  error?: unknown,
): void {
  const hasItems = stream !== undefined && stream.received > 0;
  if (error === undefined) {
    if (hasItems || stream?.isLeft !== true) outcome.succeeded();
  } else if (hasItems && error instanceof DariError && OF_READER.has(error.code)) {
    outcome.succeeded();
  } else outcome.failed(error);
}

/** The errors by which a caller ends a stream that goes on well. */
const OF_READER: ReadonlySet<ErrorCode> = new Set(["cancelled", "deadline_exceeded"]);

/**
 * Makes the call of a stream.
 *
 * @param stream Gets its items, and its end or its error.
 * @param method The method's name.
 * @param params An object or an array.
 * @param options Deadline, cancellation, credentials; without `timeoutMs` the longest deadline.
 * @param now The time, on the clock of the deadlines.
 * @param resumption May go on with the stream where it is cut.
 * @param outcome Told how this call of the stream ended, also where another one goes on with it.
 * @returns The call, to be sent.
 * @throws {DariError} `cancelled`, `deadline_exceeded`, `invalid_params`, `resource_exhausted`.
 */
export function streamCall(
  stream: ItemStream<unknown>,
  method: string,
  params: unknown,
  options: CallOptions,
  now: number,
  resumption?: StreamResumption,
  outcome?: CallOutcome,
): OutgoingCall {
  const { timeoutMs = limits.maxCallTimeoutMs } = options;
  const call: OutgoingCall = new OutgoingCall(
    "stream",
    method,
    paramsOf(method, params),
    { ...options, given: params },
    (result) => {
      if (outcome !== undefined) tellEnd(stream, outcome);
      stream.finish(result);
    },
    (error) => {
      if (outcome !== undefined) tellEnd(stream, outcome, error);
      if (!resumption?.resume(call, error)) stream.fail(error);
    },
  );
  call.stream = stream;
  call.tellsDeadline = true;
  stream.attach({
    grant: (items, bytes) => call.holder?.grant(call, items, bytes),
    cancel: () => {
      call.holder?.withdraw(call);
      call.resolve(undefined); // the stream has ended: this takes the listener off the signal
    },
  });
  return beginCall(call, timeoutMs, now);
}
