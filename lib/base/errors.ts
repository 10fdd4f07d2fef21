/**
 * Every way a call or a command can fail, in one table.
 *
 * @module
 */

/** What an error code means outside the process. */
interface ErrorRow {
  /** The number in a JSON-RPC error object. */
  readonly wire: number;
  /** The exit code of the command line (sysexits.h). */
  readonly exit: number;
  /** Whether the message may leave the process; otherwise the peer reads "Internal error". */
  readonly public: boolean;
  /** Whether the same call may succeed later without being changed. */
  readonly retryable: boolean;
}

/**
 * Code to wire number, exit code and visibility. The first five numbers are JSON-RPC 2.0's (section
 * 5.1), the next nine are dari/1's, and the rest never cross the wire under their own name.
 */
export const errorTable = {
  parse_error: { wire: -32700, exit: 65, public: true, retryable: false },
  invalid_request: { wire: -32600, exit: 65, public: true, retryable: false },
  method_not_found: { wire: -32601, exit: 65, public: true, retryable: false },
  invalid_params: { wire: -32602, exit: 65, public: true, retryable: false },
  internal: { wire: -32603, exit: 70, public: false, retryable: false },

  unauthenticated: { wire: -32001, exit: 77, public: true, retryable: false },
  permission_denied: { wire: -32002, exit: 77, public: true, retryable: false },
  deadline_exceeded: { wire: -32003, exit: 75, public: true, retryable: true },
  cancelled: { wire: -32004, exit: 75, public: true, retryable: false },
  resource_exhausted: { wire: -32005, exit: 75, public: true, retryable: true },
  unavailable: { wire: -32006, exit: 69, public: true, retryable: true },
  already_exists: { wire: -32007, exit: 65, public: true, retryable: false },
  not_found: { wire: -32008, exit: 65, public: true, retryable: false },
  failed_precondition: { wire: -32009, exit: 78, public: true, retryable: false },

  usage: { wire: -32603, exit: 64, public: false, retryable: false },
  data: { wire: -32603, exit: 65, public: false, retryable: false },
  io: { wire: -32603, exit: 74, public: false, retryable: false },
  configuration: { wire: -32603, exit: 78, public: false, retryable: false },
} as const satisfies Record<ErrorCode, ErrorRow>;

/** The name of an error, stable over releases: match on this, never on a message. */
export type ErrorCode =
  | "parse_error"
  | "invalid_request"
  | "method_not_found"
  | "invalid_params"
  | "internal"
  | "unauthenticated"
  | "permission_denied"
  | "deadline_exceeded"
  | "cancelled"
  | "resource_exhausted"
  | "unavailable"
  | "already_exists"
  | "not_found"
  | "failed_precondition"
  | "usage"
  | "data"
  | "io"
  | "configuration";

/** What {@linkcode DariError} takes beside its code and message. */
export interface DariErrorOptions {
  /** What caused this error. It is for logs in this process and never crosses the wire. */
  cause?: unknown;
  /** How long to wait before trying again, in milliseconds. */
  retryAfterMs?: number;
  /** Overrides the table's answer to "may the same call succeed later?". */
  retryable?: boolean;
}

/**
 * An error with a stable {@linkcode ErrorCode}.
 *
 * @example
 * ```ts
 * import { DariError } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new DariError("not_found", 'No account is called "eve"');
 * assertEquals(error.code, "not_found");
 * ```
 */
export class DariError extends Error {
  /** The name of the error. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later without being changed. */
  readonly retryable: boolean;
  /** How long to wait before trying again, in milliseconds, where that is known. */
  readonly retryAfterMs: number | undefined;

  /**
   * Makes an error.
   *
   * @param code The name of the error.
   * @param message What happened, what the value was, and what to do.
   * @param options Cause and retry advice.
   */
  constructor(code: ErrorCode, message: string, options: DariErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? errorTable[code].retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** A connection could not be made, was refused, or broke. */
export class TransportError extends DariError {}

/** The other side answered a call with an error. */
export class RpcError extends DariError {
  /** What the other side put into `error.data`, beside the fields that dari reads from it. */
  readonly data: unknown;

  /**
   * Makes the error of a reply.
   *
   * @param code The name of the error.
   * @param message The other side's message.
   * @param options Cause, retry advice and the error's data.
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: DariErrorOptions & { data?: unknown } = {},
  ) {
    super(code, message, options);
    this.data = options.data;
  }
}

/**
 * The exit code of a command that ended with this error.
 *
 * @param error Anything that was thrown.
 * @returns A number of sysexits.h; 70 (internal) for what is not a {@linkcode DariError}.
 */
export function exitCodeOf(error: unknown): number {
  return error instanceof DariError ? errorTable[error.code].exit : errorTable.internal.exit;
}
