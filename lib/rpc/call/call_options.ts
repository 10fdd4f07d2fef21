/**
 * What a caller may say of one call.
 *
 * @module
 */

import type { Meta } from "../../protocol/message.ts";

/** What a call takes beside method and params. */
export interface CallOptions {
  /**
   * How long to wait, in milliseconds, connecting and waiting for a turn included; the server learns
   * what is left of it. A stream without one may take as long as any call may ask for, 24 hours.
   *
   * @default {30_000}
   */
  timeoutMs?: number | undefined;
  /** Cancels the call, also while it waits to be sent. */
  signal?: AbortSignal | undefined;
  /**
   * Whether the call waits for a server until its deadline where none can be reached. Otherwise it
   * fails when the attempt to connect does.
   *
   * @default {what `connect` was told}
   */
  waitForReady?: boolean | undefined;
  /**
   * Whether a call that a handler makes inherits from the call that the handler serves: the earlier
   * deadline, cancellation, the trace and, with `connect({ delegate: true })`, whom it is made for.
   *
   * @default {true}
   */
  inherit?: boolean | undefined;
  /** A session token or an API key for this call alone. */
  auth?: string | undefined;
  /** Trace, idempotency key, and a small map of the caller's own (`baggage`). */
  meta?: Omit<Meta, "timeoutMs" | "credit" | "creditBytes"> | undefined;
  /**
   * Gets the baggage that came with the reply, before the call ends; not called where none came.
   */
  onReply?: ((reply: { readonly baggage: Readonly<Record<string, string>> }) => void) | undefined;
}

/** What a call that streams takes beside method and params. */
export interface StreamOptions extends CallOptions {
  /**
   * How many items may be on their way to a reader that has not asked for them yet.
   *
   * @default {256}
   */
  credit?: number | undefined;
  /**
   * The bytes of such items, where the server counts them.
   *
   * @default {1_048_576}
   */
  creditBytes?: number | undefined;
}
