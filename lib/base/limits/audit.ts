/**
 * Limits of the audit.
 *
 * @module
 */

import { DAY_MS, HOUR_MS, KiB, MiB, MINUTE_MS } from "./units.ts";

/** Limits of `lib/ops/audit`. */
export const auditLimits = {
  /** The longest text in a record, in bytes of UTF-8; more is cut, and the record says how long it was. */
  maxAuditTextBytes: 1 * KiB,
  /** The most values that a record has beside its names. */
  maxAuditValues: 32,
  /** The longest list that a record has. */
  maxAuditListItems: 64,
  /** The length of a hash of the audit: SHA-256. */
  auditHashBytes: 32,
  /** The length of the random name of an audit. */
  auditNameBytes: 16,
  /** The longest record, in bytes of UTF-8. */
  maxAuditRecordBytes: 16 * KiB,
  /** The bytes that the audit may have in all. Then only a cut makes room. */
  maxAuditBytes: 1_024 * MiB,
  /** How often a full audit says how many records it had no room for. */
  auditFullMs: 1 * HOUR_MS,
  /** Kept free for administrative acts when everything else is full. */
  auditReserveBytes: 64 * MiB,
  /** The same as a share, where the audit is told to have few bytes. */
  auditReserveShare: 0.25,
  /** The share of the rest that refusals may fill; beyond it they are only counted. */
  auditRefusalShare: 0.5,
  /** Records that wait to be written together with others. */
  maxAuditRecordsWaiting: 16_384,
  /** Records that are made before it is their turn to be written; each is at most a record long. */
  maxAuditRecordsAhead: 256,
  /** How long a record waits for others, so that they share one write to the disk. */
  auditGroupMs: 4,
  /** The most records of one transaction: calls of this moment wait for it. */
  maxAuditGroupRecords: 64,
  /** Refusals of the same kind and peer are counted for so long, and told in one record. */
  auditCountMs: 1 * MINUTE_MS,
  /** Peers whose refusals are counted apart; those of further ones are counted together. */
  maxAuditCountedPeers: 64,
  /** The pause after records could not be written. */
  auditRetryMs: 1_000,
  /** Pause between two signatures of what was added. */
  auditCheckpointMs: 10_000,
  /** Records that a server leaves unsigned for so long are reported: it tries several times meanwhile. */
  auditUnsignedMs: 1 * MINUTE_MS,
  /** The same where no server runs, and only commands add records. */
  auditUnsignedIdleMs: 1 * DAY_MS,
  /** Records that are read at a time, to verify and to export. */
  auditPageRecords: 512,
  /** How long a record is kept where a server is not told otherwise. */
  auditKeepMs: 400 * DAY_MS,
  /** Pause between two looks for records that are too old, and for a signer that is due. */
  auditCutMs: 1 * HOUR_MS,
  /** The file of the certificate and the key that sign the audit. */
  auditSignerFile: "audit.pem",
  /** The file of the newest checkpoint. */
  auditCheckpointFile: "audit.checkpoint",
  /** How many records `dari audit tail` and `dari audit query` show unless asked for more. */
  auditShownRecords: 50,
  /** The pause after which `dari audit tail` looks for new records. */
  auditTailPauseMs: 500,
  /** How long a certificate that signs the audit is good. */
  auditCertificateLifeMs: 400 * DAY_MS,
  /** How often a server of a cluster looks for records to bring where those of all servers are. */
  auditCarryMs: 1_000,
  /** The most bytes of records that it brings at once. */
  maxAuditPieceBytes: 256 * KiB,
  /** Room beside them for what a piece says of itself, and for a checkpoint with its certificate. */
  auditPieceRoomBytes: 8 * KiB,
  /** How often a server that can sign signs what the others have brought. */
  auditWitnessMs: 1 * MINUTE_MS,
  /** The shortest time between two notes in the cluster's store of how far a server has brought its own. */
  auditHeadMs: 1 * MINUTE_MS,
  /** How far the clocks of servers and of NATS servers may be apart where records are looked for by time. */
  auditClockSkewMs: 1 * HOUR_MS,
  /** How long a server that ends tries to bring the rest. */
  auditLastCarryMs: 2_000,
  /** How many faults of an audit are told. */
  maxAuditFaults: 100,
  /** The largest proof that is read. */
  maxAuditProofBytes: 64 * KiB,
  /** An export is written in pieces of at least this length, in characters. */
  auditPieceLength: 64 * KiB,
  /** The longest line of an export that is read. */
  maxAuditLineBytes: 64 * KiB,
} as const;
