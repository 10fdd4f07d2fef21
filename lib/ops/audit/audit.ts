/**
 * What other parts see of the audit: they tell it what happened.
 *
 * @module
 */

/** A value that a record may carry beside its names. */
export type AuditValue = string | number | boolean | readonly string[];

/**
 * Something that happened and that somebody may ask about a year later. It never carries a secret.
 */
export interface AuditEvent {
  /**
   * What happened, as `area.event` in lower case: `tap.began`, `session.ended`, `call.denied`.
   */
  readonly kind: string;
  /**
   * Who did it: a principal's name, or the user of the system who ran a command, as `os:root`. Without
   * it, the one whose call is being served, or the owner of the program.
   */
  readonly by?: string | undefined;
  /** The credential that they used, as principals name it: `session:…`, `key:…`, `certificate:…`. */
  readonly via?: string | undefined;
  /** The address of the other end, where there is one. */
  readonly peer?: string | undefined;
  /** What it was done to: an account, a method, the id of a key, a certificate's serial. */
  readonly about?: string | undefined;
  /** What else a reader wants to know. Long texts are cut; secrets have no place here. */
  readonly data?: Readonly<Record<string, AuditValue | undefined>> | undefined;
}

/**
 * Writes down what happens, in the audit of the data directory.
 *
 * - `record` for what somebody is told has happened: await it **before** the answer, and let what it
 *   throws fail the act. So nothing is acknowledged that the audit does not have.
 * - `note` for what happens whether or not it can be written, such as a refusal.
 * - What is written to the store needs neither: accounts, keys, sessions, locks, invitations and
 *   certificates get their records in the same transaction as the change itself.
 *
 * @example
 * ```ts
 * import type { Audit, AuditEvent } from "./audit.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const kept: AuditEvent[] = [];
 * const audit: Audit = {
 *   record: (event) => Promise.resolve(void kept.push(event)),
 *   note: (event) => void kept.push(event),
 * };
 * await audit.record({ kind: "tap.began", by: "alice", data: { params: false } });
 * assertEquals(kept.map(({ kind }) => kind), ["tap.began"]);
 * ```
 */
export interface Audit {
  /**
   * Writes one record. Records that come at the same time share one write to the disk.
   *
   * @param event What happened.
   * @returns Once the record is on disk.
   * @throws {DariError} `io`, `unavailable` or `resource_exhausted` when it cannot be written: what it
   * is about must not be acknowledged then.
   */
  record(event: AuditEvent): Promise<void>;
  /**
   * Writes one record soon, without anybody waiting for it. It never throws: what cannot be written
   * is counted, and the count is recorded once that is possible again.
   *
   * @param event What happened.
   */
  note(event: AuditEvent): void;
}

/** The audit of a program that keeps none: a server without a store of its own. */
export const noAudit: Audit = { record: () => Promise.resolve(), note: () => {} };
