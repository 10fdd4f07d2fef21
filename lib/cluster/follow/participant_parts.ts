/**
 * What somebody needs who takes part in a log, and what they are told.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { DariError } from "../../base/errors.ts";
import type { LogMessage, SharedLog } from "../log/log.ts";
import type { LogState, PassedReason } from "../log/log_state.ts";
import type { MessageOpener } from "../log/seal.ts";
import type { RecordKey } from "../record_key.ts";
import type { LogKind } from "../subjects.ts";
import type { LogFold } from "./follower.ts";
import type { SnapshotContent } from "./snapshotter.ts";

/** How a server takes part in a log. */
export interface ParticipantOptions {
  /** The log that the servers share. */
  readonly log: SharedLog;
  /** The record key. */
  readonly key: RecordKey;
  /** The name of the service. */
  readonly service: string;
  /** How long opening it may take while nothing of the log is read, in milliseconds. @default {30_000} */
  readonly timeoutMs?: number | undefined;
  /** How old what is known may be, in milliseconds. @default {10_000} */
  readonly maxStalenessMs?: number | undefined;
  /** Where the time comes from. @default {systemClock} */
  readonly clock?: Clock | undefined;
  /** A number from 0 to 1. @default {Math.random} */
  readonly random?: (() => number) | undefined;
  /** Hears that what is known may be too old, and that it is not any more. */
  readonly onFresh?: ((isFresh: boolean) => void) | undefined;
  /** Up to which form of records this program understands. @default {1} */
  readonly understands?: number | undefined;
  /** Hears that the log can no longer be used, and why. */
  readonly onLost?: ((error: DariError) => void) | undefined;
}

/** What became of a message, as a participant has to know it. */
export interface TakenStep {
  readonly kind: string;
  readonly reason?: PassedReason;
  readonly isTaken?: boolean;
  readonly obsolete?: number;
}

/** What a participant is told about the state. */
export interface ParticipantParts<S extends LogFold<T>, T extends TakenStep> {
  /** Which of the service's logs it is. */
  readonly kind: LogKind;
  /** The state before anything was read. */
  readonly state: S;
  /** Reads the state from which the log is followed. */
  readonly read: (opener: MessageOpener) => Promise<S>;
  /** Hears of each message, before its write resolves. */
  readonly onTaken: (taken: T, at: LogMessage, isOwn: boolean) => void;
  /** Hears that what was known may be too old, or was read anew. */
  readonly onReset: () => void;
  /** Hears why a message could not be taken, or a snapshot not be made. */
  readonly onFailure?: (error: unknown) => void;
  /** The log as far as it is in the state. */
  readonly logOf: (state: S) => LogState;
  /** Whether a snapshot is due at this time, and none is under way. */
  readonly isDue: (state: S, nowMs: number) => boolean;
  /** About how many bytes a snapshot of it has. */
  readonly bytesOf: (state: S) => number;
  /** Reads the state for a snapshot, right after its announcement was taken. */
  readonly snapshot: (state: S) => SnapshotContent;
}
