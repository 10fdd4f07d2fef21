/**
 * What an outbox is made with.
 *
 * @module
 */

import type { TakenBytes } from "./reply_budget.ts";

/** What an outbox shares and how long it waits. */
export interface OutboxOptions {
  /** The bytes that all connections of a server share for replies. @default {bytes of its own} */
  readonly shared: TakenBytes;
  /**
   * How long the other side may take nothing while something waits, in milliseconds.
   *
   * @default {30_000}
   */
  readonly stalledPeerMs: number;
}
