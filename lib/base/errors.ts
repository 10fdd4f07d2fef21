/**
 * Every way a call or a command can fail, in one table.
 *
 * @module
 */

/** What an error code means outside this process. */
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
 * The table of errors. The first five numbers are JSON-RPC 2.0's (section 5.1), the next ten are
 * dari/1's, then that of errors that methods declare themselves. The last four are errors of this process: another one reads them as "Internal error", and `io` as
 * `unavailable` or `resource_exhausted` with a message of its own (`file/disk_failure.ts`).
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
  second_factor_required: { wire: -32010, exit: 77, public: true, retryable: false },
  // Not public by itself: what a handler throws crosses the wire once its method is seen to declare it.
  declared_error: { wire: -32020, exit: 65, public: false, retryable: false },

  usage: { wire: -32603, exit: 64, public: false, retryable: false },
  data: { wire: -32603, exit: 65, public: false, retryable: false },
  io: { wire: -32603, exit: 74, public: false, retryable: false },
  configuration: { wire: -32603, exit: 78, public: false, retryable: false },
} as const satisfies Record<ErrorCode, ErrorRow>;

/** The name of an error. It is stable over releases: compare this, never a message. */
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
  | "second_factor_required"
  | "declared_error"
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
  /** Whether the same call may succeed later without being changed. @default {the table's answer} */
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
  /** How long to wait before trying again, in milliseconds; `undefined` if that is not known. */
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

/**
 * A connection could not be made, was refused, or broke.
 *
 * @example
 * ```ts
 * import { connect, TransportError } from "@dari/dari";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() => connect("unix:/no/such.sock"), TransportError);
 * assertEquals(error.code, "unavailable");
 * ```
 */
export class TransportError extends DariError {}

/**
 * The other side answered a call with an error.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, RpcError, serve } from "@dari/dari";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const memory = listenMemory();
 * await using server = await serve({ listen: memory, methods: {} });
 * await using client = await connect(memory);
 * const error = await assertRejects(() => client.call("subtract"), RpcError);
 * assertEquals(error.code, "method_not_found");
 * ```
 */
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
 * The exit code of a command that failed with an error.
 *
 * @param error Anything that was thrown.
 * @returns A number of sysexits.h; 70 (internal) if it is not a {@linkcode DariError}.
 */
export function exitCodeOf(error: unknown): number {
  return error instanceof DariError ? errorTable[error.code].exit : errorTable.internal.exit;
}
