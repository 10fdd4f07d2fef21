/**
 * Errors as they stand in messages.
 *
 * @module
 */

import type { DeclaredError } from "../../base/declared_error.ts";
import { DariError, errorTable, RpcError } from "../../base/errors.ts";
import { diskFailure } from "../../base/file/disk_failure.ts";
import { limits } from "../../base/limits.ts";
import { writeValue } from "../values/write.ts";
import { fill, fillPlain, type Hole } from "../values/written.ts";

/**
 * Writes the member `error` of a message.
 *
 * @param error Anything that was thrown, also something that throws when it is looked at.
 * @param textOfHole Gives the text of bytes and streams, where the other side knows values.
 * @param requestId The id under which the server's log has what is not told; only where there is such.
 * @returns The text of the member, behind that of `types` where its data has some.
 */
export function errorMember(
  error: unknown,
  textOfHole?: (hole: Hole) => string,
  requestId?: string,
): string {
  let members: string | undefined;
  try {
    members = errorMembers(error, { withData: true, textOfHole, requestId }) ??
      errorMembers(error, { withData: false, textOfHole: undefined, requestId });
  } catch {
    // A proxy, or a getter that throws.
  }
  return members ??
    `"error":${requestId === undefined ? INTERNAL_ERROR : internalError(requestId)}`;
}

/**
 * Writes the member `error` of an error that a method declares.
 *
 * @param error The error, which was checked.
 * @param textOfHole As for {@linkcode errorMember}.
 * @returns The text of the members; "Internal error" where the details cannot travel.
 */
export function declaredErrorMember(
  error: DeclaredError,
  textOfHole?: (hole: Hole) => string,
): string {
  const { data, retryable, retryAfterMs } = error;
  const after = retryAfterMs === undefined ? {} : { retryAfterMs };
  const told = { ...data as object, retryable, ...after };
  return membersWith(error, told, textOfHole) ?? `"error":${INTERNAL_ERROR}`;
}

/** How an error is written. */
interface Writing {
  /** Whether the data of an `RpcError` goes along. */
  readonly withData: boolean;
  readonly textOfHole: ((hole: Hole) => string) | undefined;
  readonly requestId: string | undefined;
}

/** @returns The text of `error`, with `types`; `undefined` where the error's own data has none. */
function errorMembers(error: unknown, writing: Writing): string | undefined {
  if (!(error instanceof DariError)) return undefined;
  if (!errorTable[error.code].public) {
    const told = diskFailure(error);
    return told && errorMembers(told, writing);
  }
  const { withData, textOfHole, requestId } = writing;
  const { code, retryable, retryAfterMs } = error;
  const data: Record<string, unknown> = {
    ...(withData && error instanceof RpcError ? membersOf(error.data) : {}),
    name: code,
    retryable,
    retryAfterMs,
    stopping: undefined, // only encodeStopping says so
  };
  Reflect.deleteProperty(data, "stopping");
  if (retryAfterMs === undefined) Reflect.deleteProperty(data, "retryAfterMs");
  if (requestId !== undefined) data["requestId"] = requestId;
  return membersWith(error, data, textOfHole);
}

/** @returns The text of `error` with its data; `undefined` where that cannot travel. */
function membersWith(
  { code, message }: DariError,
  data: Record<string, unknown>,
  textOfHole: ((hole: Hole) => string) | undefined,
): string | undefined {
  const head = `"error":{"code":${errorTable[code].wire},"message":${JSON.stringify(message)}`;
  const maxDepth = limits.maxDepth - 2; // the data stands in the error, and that in the message
  if (textOfHole === undefined) {
    const plain = writeValue(data, "error.data", { maxDepth, form: "json" });
    const text = typeof plain === "object" && "texts" in plain ? fillPlain(plain) : plain;
    return typeof text === "string" ? `${head},"data":${text}}` : undefined;
  }
  const written = writeValue(data, "error.data", { maxDepth });
  if (typeof written === "string") return `${head},"data":${written}}`;
  if (!("texts" in written)) return undefined;
  try {
    return `"types":${written.types},${head},"data":${fill(written, textOfHole)}}`;
  } catch {
    return undefined; // No room for a stream, for instance.
  }
}

/** The members that an error's data adds to those of dari; data that has none becomes `value`. */
function membersOf(data: unknown): object {
  if (data === undefined) return {};
  const hasMembers = typeof data === "object" && data !== null && !Array.isArray(data);
  return hasMembers ? data : { value: data };
}

/** What everything that is not told looks like. */
const INTERNAL_ERROR = internalError(undefined);

function internalError(requestId: string | undefined): string {
  const { wire, retryable } = errorTable.internal;
  return JSON.stringify({
    code: wire,
    message: "Internal error",
    data: { name: "internal", retryable, requestId },
  });
}
