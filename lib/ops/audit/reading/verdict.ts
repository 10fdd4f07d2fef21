/**
 * What the verification of an audit finds.
 *
 * @module
 */

import type { Checkpoint, VerifySignature } from "../checkpoint.ts";

/** What is wrong with an audit. */
export interface AuditFault {
  /** The number of the record that is concerned, where it is one. */
  readonly record?: number;
  /** What is wrong, as a sentence. */
  readonly problem: string;
}

/** What was found. */
export interface AuditVerdict {
  /** The audit's name. */
  readonly log: string;
  /** The oldest record that is kept. */
  readonly first: number;
  /** The newest one. */
  readonly size: number;
  /** How many records were checked. */
  readonly records: number;
  /** Up to which record signatures vouch for it; 0 where nothing is signed. */
  readonly signed: number;
  /** What is wrong; empty for an audit that is whole. */
  readonly faults: readonly AuditFault[];
  /** What is not wrong, and worth knowing. */
  readonly notices: readonly string[];
}

/** What an audit is held against. */
export interface VerifyOptions {
  /** Verifies signatures by the authorities that are trusted; without it none is looked at. */
  readonly verify?: VerifySignature | undefined;
  /** Checkpoints that were kept elsewhere: the audit must have what they signed. */
  readonly kept?: readonly Checkpoint[];
}
