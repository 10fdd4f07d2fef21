/**
 * What the caller of a method that failed is told.
 *
 * @module
 */

import { isCallError } from "../../base/call_error.ts";
import { DariError, type ErrorCode, errorTable } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { DeclaredError } from "../../base/declared_error.ts";
import { encodeDeclaredError, encodeError } from "../../protocol/encode.ts";
import { withReplyMeta } from "../../protocol/meta/meta.ts";
import { fillPlain, type Hole } from "../../protocol/values/written.ts";
import type { KeyedRun } from "../idempotency/keyed_calls.ts";
import type { ErrorAnswer, KeptError } from "../idempotency/answer_record.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import { requestIdOf } from "../observer.ts";
import type { Replies } from "./call_host.ts";
import { endIfStream } from "./call_streams.ts";
import type { ServedCall } from "./served_call.ts";

const { shortErrorBytes: SHORT_ERROR, maxMethodNameShownLength: MAX_NAME_SHOWN } = limits;

/** How a call failed. */
export interface CallFailure {
  /** The code that the caller reads. */
  readonly code: ErrorCode;
  /** Whether the caller is told less than what was thrown. */
  readonly isHidden: boolean;
  /** What the caller is told; anything but a public `DariError` is told as "Internal error". */
  readonly told: unknown;
  /** What observers are told instead of what was thrown. */
  readonly reason?: DariError;
}

const INTERNAL: CallFailure = { code: "internal", isHidden: true, told: undefined };

/**
 * The codes that mean the same to a caller as they did to the handler whose own call failed. With
 * the others (`unauthenticated`, `invalid_params` and so on) the caller would look for its own fault.
 */
const passedOn: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "deadline_exceeded",
  "cancelled",
  "resource_exhausted",
  "unavailable",
  "already_exists",
  "not_found",
  "failed_precondition",
]);

/**
 * Decides what the caller is told. Messages of errors that the handler made cross the wire; those of
 * errors that came from a call or a connection of its own do not.
 *
 * @param method The name of the method.
 * @param thrown What was thrown, also something that throws when it is looked at.
 * @returns What the caller is told.
 */
export function failureOf(method: string, thrown: unknown): CallFailure {
  try {
    if (!(thrown instanceof DariError)) return INTERNAL;
    const { code, retryable, retryAfterMs } = thrown;
    if (!Object.hasOwn(errorTable, code)) return INTERNAL;
    if (code === "declared_error") return INTERNAL; // not this method's own
    if (!errorTable[code].public) return { code, isHidden: true, told: thrown };
    if (!isCallError(thrown)) return { code, isHidden: false, told: thrown };
    if (!passedOn.has(code)) return INTERNAL;
    const told = new DariError(code, `A call that "${method}" made failed (${code})`, {
      retryable,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    return { code, isHidden: true, told };
  } catch {
    return INTERNAL; // a proxy, or a getter that throws
  }
}

/**
 * Decides what the caller is told of an error that a handler threw as one of its method's own.
 *
 * @param method The method; `undefined` where there is none.
 * @param thrown What was thrown.
 * @returns What the caller is told, or a promise of it while a schema decides; `undefined` for every
 * other error, and for one that came from a call of the handler's own.
 */
export function declaredFailureOf(
  method: RegisteredMethod | undefined,
  thrown: unknown,
): CallFailure | Promise<CallFailure> | undefined {
  if (!isDeclared(thrown) || method === undefined) return undefined;
  try {
    const checked = method.checkError(thrown);
    return checked instanceof Promise
      ? checked.then(checkedFailure, failedCheck)
      : checkedFailure(checked);
  } catch (error) {
    return failedCheck(error);
  }
}

function isDeclared(thrown: unknown): thrown is DeclaredError {
  try {
    return thrown instanceof DeclaredError && !isCallError(thrown);
  } catch {
    return false; // a proxy
  }
}

function checkedFailure(checked: DariError): CallFailure {
  if (!(checked instanceof DeclaredError)) return { ...INTERNAL, reason: checked };
  return { code: "declared_error", isHidden: false, told: checked };
}

function failedCheck(cause: unknown): CallFailure {
  const reason = new DariError("internal", "The schema of a declared error failed", { cause });
  return { ...INTERNAL, reason };
}

/** A call that failed, as far as its reply needs it. */
type FailedCall = Pick<ServedCall, "id" | "replyMeta"> & {
  /** Absent where an error is kept for callers of other connections. */
  readonly connectionId?: string;
  readonly replies: Pick<Replies, "refusal">;
  readonly values: { readonly textOfHole: ((hole: Hole) => string) | undefined } | undefined;
};

/** Takes an error that is kept, in the form of callers who take types. */
const KEEPING: FailedCall = {
  id: null,
  replyMeta: undefined,
  replies: { refusal: () => undefined },
  values: { textOfHole: (hole) => fillPlain({ texts: ["", ""], holes: [hole], types: "" }) },
};
const KEPT_HEAD = '{"jsonrpc":"2.0","id":null,'.length;

/**
 * What keeping the answer of a call with an idempotency key needs to know of it.
 *
 * @param method Its method.
 * @param call The call.
 * @param run Runs its handler.
 * @returns The call, to be run once.
 */
export function keyedRun(method: RegisteredMethod, call: ServedCall, run: () => unknown): KeyedRun {
  return {
    run,
    endIfStream,
    isStopped: () => call.isDone && call.inherits,
    answerOf: (error) => answerOf(method, error),
  };
}

/** The error as it is kept; `undefined` where the same call may succeed later. */
async function answerOf(
  method: RegisteredMethod,
  thrown: unknown,
): Promise<ErrorAnswer | undefined> {
  const failure = await (declaredFailureOf(method, thrown) ?? failureOf(method.name, thrown));
  const reply = failureReply(KEEPING, failure);
  if (reply === undefined || JSON.parse(reply).error.data?.retryable === true) return undefined;
  return { state: "error", code: failure.code, members: reply.slice(KEPT_HEAD, -1) };
}

/**
 * The reply of a call whose error was kept.
 *
 * @param call The call.
 * @param error The error.
 * @returns The reply, or `undefined` for a notification.
 */
export function keptReply(
  { id, replies, values }: ServedCall,
  error: KeptError,
): string | undefined {
  if (id === undefined) return undefined;
  const reply = error.reply(id, values?.textOfHole !== undefined);
  if (reply.length <= SHORT_ERROR || replies.refusal(reply) === undefined) return reply;
  return encodeError(id, new DariError(error.code, "The error does not fit: it is too long"));
}

/**
 * Encodes the error reply of a call. A short one is always sent; a long one only where it fits.
 *
 * @param call The call.
 * @param failure What its caller is told.
 * @returns The reply, or `undefined` for a notification.
 */
export function failureReply(
  { id, connectionId, replies, replyMeta, values }: FailedCall,
  { code, told, isHidden }: CallFailure,
): string | undefined {
  if (id === undefined) return undefined;
  const requestId = isHidden && connectionId !== undefined
    ? requestIdOf({ connectionId, id })
    : undefined;
  let reply = told instanceof DeclaredError && code === "declared_error"
    ? encodeDeclaredError(id, told, values?.textOfHole)
    : encodeError(id, told, values?.textOfHole, requestId);
  if (replyMeta !== undefined) reply = withReplyMeta(reply, replyMeta);
  if (reply.length <= SHORT_ERROR || replies.refusal(reply) === undefined) return reply;
  return encodeError(id, new DariError(code, "The error does not fit: it is too long"));
}

/**
 * The error of a call whose method does not exist.
 *
 * @param method The name that the caller wrote.
 * @returns The error; it shows the beginning of a long name.
 */
export function noSuchMethod(method: string): DariError {
  const name = JSON.stringify(method.slice(0, MAX_NAME_SHOWN));
  return new DariError("method_not_found", `There is no method ${name}`);
}
