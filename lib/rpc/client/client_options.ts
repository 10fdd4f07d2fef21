/**
 * What a client is made with, and what one of its calls takes.
 *
 * @module
 */

import type { CallOptions } from "../call/call_options.ts";
import type { LinkOptions } from "../link/link_options.ts";

/** What one call of a client takes beside method and params. */
export interface ClientCallOptions extends CallOptions {
  /**
   * The call may be made twice without harm, so it is tried again when the server could not be
   * reached or was too busy, inside the same deadline. When the server is silent it is made over
   * another connection as well; the first answer counts, and the other call is cancelled.
   *
   * @default {false}
   */
  idempotent?: boolean | undefined;
}

/** What a client is made with. */
export interface ClientOptions extends LinkOptions {
  /**
   * The deadline of a call that names none, in milliseconds; `Infinity` for the longest that a server
   * grants. Streams have none of their own.
   *
   * @default {30_000}
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether the calls that a handler makes are made on behalf of its caller: the server checks them
   * by the rights of both. The account of this client needs the scope `delegate` there.
   *
   * @default {false}
   */
  readonly delegate?: boolean | undefined;
}
