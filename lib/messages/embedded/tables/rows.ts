/**
 * Rows of the tables of queues. `lib/store/migrations.ts` says what their columns mean.
 *
 * @module
 */

import type { QueueSettings } from "../../queue/settings.ts";

/** The states of a message, as the column `state` has them. */
export const READY = 0;
export const DELAYED = 1;
export const LEASED = 2;
export const HELD = 3;
export const DEAD = 4;

/** A state of a message. */
export type State = typeof READY | typeof DELAYED | typeof LEASED | typeof HELD | typeof DEAD;

/** The columns of `queues` that count messages, by state. */
export const COUNTS = ["ready", "delayed", "leased", "held", "dead"] as const;

/** A row of `queues`, which a transaction changes here and writes at its end. */
export interface QueueRow {
  readonly id: number;
  readonly name: string;
  settings: QueueSettings;
  paused: boolean;
  ready: number;
  delayed: number;
  leased: number;
  held: number;
  dead: number;
  bytes: number;
  dead_bytes: number;
  rate_at: number;
}

/** What has to be known of a message to move it from one state to another. */
export interface MessageRow {
  readonly number: number;
  readonly state: State;
  readonly tries: number;
  readonly put_at: number;
  readonly in_key: number;
  readonly key: string | null;
  readonly id: string | null;
  readonly bytes: number;
}

/** The columns of a {@linkcode MessageRow}. */
export const MOVED = "number, state, tries, put_at, in_key, key, id, bytes";

/** A message with what it says. */
export interface WholeRow extends MessageRow {
  readonly rank: number;
  readonly due_at: number;
  readonly put_by: string;
  readonly reason: string | null;
  readonly types: string | null;
  readonly value: string;
}

/** The columns of a {@linkcode WholeRow}. */
export const WHOLE = `${MOVED}, rank, due_at, put_by, reason, types, value`;
