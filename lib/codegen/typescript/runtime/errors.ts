/**
 * The errors of calls.
 *
 * @module
 */

const NAMES: { readonly [code: number]: string } = {
  [-32700]: "parse_error",
  [-32600]: "invalid_request",
  [-32601]: "method_not_found",
  [-32602]: "invalid_params",
  [-32603]: "internal",
  [-32001]: "unauthenticated",
  [-32002]: "permission_denied",
  [-32003]: "deadline_exceeded",
  [-32004]: "cancelled",
  [-32005]: "resource_exhausted",
  [-32006]: "unavailable",
  [-32007]: "already_exists",
  [-32008]: "not_found",
  [-32009]: "failed_precondition",
  [-32010]: "second_factor_required",
  [-32020]: "declared_error",
};
const CODES = new Map(Object.entries(NAMES).map(([code, name]) => [name, Number(code)]));
const RETRYABLE = ["deadline_exceeded", "resource_exhausted", "unavailable"];

/** A call that failed. Compare `name`, or `code`, and never the message. */
export class DariError extends Error {
  /** The number on the wire. */
  readonly code: number;
  /** Whether the same call may succeed later without being changed. */
  readonly retryable: boolean;
  /** How long to wait before that, in milliseconds, where the server says so. */
  readonly retryAfterMs: number | undefined;
  /** Whether the call may have been run; false where the server was not reached, or stops. */
  readonly mayHaveRun: boolean;
  /** What else the server says. */
  readonly data: { readonly [member: string]: unknown };

  constructor(code: number, message: string, data: unknown = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.data = isRecord(data) ? data : {};
    const { name, retryable, retryAfterMs } = this.data;
    // The name of the error itself: "unavailable", or that of the method's own.
    this.name = typeof name === "string" ? name : NAMES[code] ?? "unknown";
    this.code = code;
    this.mayHaveRun = this.data.stopping !== true && this.data.unsent !== true;
    this.retryable = typeof retryable === "boolean" ? retryable : RETRYABLE.includes(this.name);
    this.retryAfterMs = typeof retryAfterMs === "number" ? retryAfterMs : undefined;
  }
}

/** An error that the method declares; `details` say more. */
export class DeclaredError extends DariError {
  /** What the error says, as the method declares it. */
  get details(): unknown {
    return this.data.details;
  }
}

/** Makes errors of one name. */
export type ErrorClass = new (code: number, message: string, data: unknown) => DeclaredError;

export function errorNamed(name: string, message: string, cause?: unknown): DariError {
  return new DariError(CODES.get(name) ?? 0, message, { name }, { cause });
}

/** A call whose server was not reached. */
export function unreachable(message: string, cause: unknown): DariError {
  const data = { name: "unavailable", unsent: true };
  return new DariError(CODES.get("unavailable") ?? 0, message, data, { cause });
}

/** Makes an error of the member `error` of a reply, whatever is in it. */
export function errorOf(
  reply: unknown,
  declared: { readonly [name: string]: ErrorClass },
): DariError {
  const body: { [member: string]: unknown } = isRecord(reply) ? reply : {};
  const { code, message, data } = body;
  const number = typeof code === "number" ? code : CODES.get("internal") ?? 0;
  const text = typeof message === "string" ? message : "The call failed";
  if (!isRecord(data) || data.declared !== true) return new DariError(number, text, data);
  const name = String(data.name);
  const own = Object.hasOwn(declared, name) ? declared[name] : undefined;
  return new (own ?? DeclaredError)(number, text, data);
}

export function isRecord(value: unknown): value is { [member: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
