/**
 * Whether an audit is whole: every record in its place, as it was written, and as it was signed.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import {
  type Checkpoint,
  parseCheckpoint,
  verifyCheckpoint,
  type VerifySignature,
} from "../checkpoint.ts";
import type { AuditBegin, AuditEnd, AuditPart } from "./content.ts";
import { parseRecord } from "../record.ts";
import { Frontier, type Hash, leafHash } from "../tree.ts";
import type { AuditFault, AuditVerdict, VerifyOptions } from "./verdict.ts";

export type { AuditFault, AuditVerdict, VerifyOptions };

/**
 * Verifies an audit.
 *
 * @param parts The audit, from the store or from a file.
 * @param options Trust, and checkpoints that were kept elsewhere.
 * @returns What was found.
 * @throws {DariError} `data` when it is not an audit.
 */
export async function verifyAudit(
  parts: AsyncIterable<AuditPart>,
  options: VerifyOptions = {},
): Promise<AuditVerdict> {
  const check = new AuditCheck(options.kept?.map(({ size }) => size));
  for await (const part of parts) check.take(part);
  return await check.end(options);
}

/** Goes through an audit once. */
export class AuditCheck {
  readonly #faults: AuditFault[] = [];
  readonly #notices: string[] = [];
  readonly #signers = new Map<string, string>();
  readonly #checkpoints: Checkpoint[] = [];
  #begin: AuditBegin | undefined;
  #end: AuditEnd | undefined;
  /** The tree over all records so far; there is none behind the first gap. */
  #tree: Frontier | undefined = new Frontier();
  /** The sizes whose roots are compared. */
  readonly #wanted: Set<number>;
  /** The number of the record that must come next. */
  #next = 1;
  #count = 0;
  /** The hash of the record before, and its number; none behind a gap. */
  #before: { readonly id: number; readonly hash: Hash } | undefined;
  /** Records whose link to the one before does not hold. */
  readonly #broken = new Set<number>();
  /** Records that something was said about already. */
  readonly #blamed = new Set<number>();
  /** Roots that a checkpoint was made of, by size. */
  readonly #rootAt = new Map<number, string>();
  #lastAtMs = -Infinity;

  /**
   * @param wanted Sizes of the audit at which its root is compared, beside those of its checkpoints.
   */
  constructor(wanted: readonly number[] = []) {
    this.#wanted = new Set(wanted);
  }

  /**
   * Takes the next part. Checkpoints come before the records that they sign.
   *
   * @param part The part.
   */
  take(part: AuditPart): void {
    if ("audit" in part) this.#takeBegin(part);
    else if ("end" in part) this.#end = part;
    else if ("pem" in part) this.#signers.set(part.signer, part.pem);
    else if ("checkpoint" in part) this.#takeCheckpoint(part.checkpoint);
    else this.#takeRecord(part.text, part.place);
  }

  /**
   * Ends, after the last part.
   *
   * @param options Trust, and checkpoints that were kept elsewhere.
   * @returns What was found.
   * @throws {DariError} `data` when there was no audit.
   */
  async end({ verify, kept = [] }: VerifyOptions): Promise<AuditVerdict> {
    if (this.#begin === undefined) throw new DariError("data", "This is not an audit");
    const { log, first } = this.#begin;
    this.#checkEnd();
    this.#blameBroken();
    const signed = verify === undefined ? 0 : await this.#checkSignatures(verify);
    for (const checkpoint of kept) this.#checkKept(checkpoint, log);
    const faults = this.#faults.toSorted((a, b) => (a.record ?? Infinity) - (b.record ?? Infinity));
    return {
      log,
      first,
      size: this.#next - 1,
      records: this.#count,
      signed,
      faults: faults.slice(0, limits.maxAuditFaults),
      notices: this.#notices,
    };
  }

  #takeBegin(part: AuditBegin): void {
    this.#begin = part;
    this.#next = part.first;
    if (part.first === 1) return;
    try {
      this.#tree = new Frontier(part.first - 1, decodeBase64Url(part.before ?? ""));
      this.#keepRoot();
    } catch {
      this.#tree = undefined;
      this.#faults.push({ problem: "what stands for the records that were cut cannot be read" });
    }
  }

  #takeCheckpoint(text: string): void {
    try {
      const checkpoint = parseCheckpoint(text);
      this.#checkpoints.push(checkpoint);
      this.#wanted.add(checkpoint.size);
      if (this.#tree?.size === checkpoint.size) this.#keepRoot();
    } catch (error) {
      this.#faults.push({ problem: `a checkpoint cannot be read: ${messageOf(error)}` });
    }
  }

  #takeRecord(text: string, place: number | undefined): void {
    this.#count++;
    const hash = leafHash(text);
    const { id, prev, atMs } = this.#read(text, place);
    const at = place ?? id;
    if (at < this.#next) {
      return this.#blame(
        at,
        `record ${at} comes behind record ${this.#next - 1}: it was moved or copied`,
      );
    }
    this.#missing(this.#next, at - 1);
    if (id !== at) {
      this.#blame(at, `record ${at} says that it is record ${id}: it was moved or copied`);
    }
    const { id: beforeId, hash: beforeHash } = this.#before ?? {};
    if (at === 1 ? prev !== "" : beforeId === at - 1 && encodeBase64Url(beforeHash!) !== prev) {
      this.#broken.add(at);
    }
    if (atMs < this.#lastAtMs) {
      const back = Math.round((this.#lastAtMs - atMs) / 1_000);
      this.#notices.push(`the clock went back by ${back} s before record ${at}`);
    }
    this.#lastAtMs = Number.isNaN(atMs) ? this.#lastAtMs : atMs;
    this.#before = { id: at, hash };
    this.#grow(hash, at);
    this.#next = at + 1;
  }

  #grow(hash: Hash, at: number): void {
    if (this.#tree?.size !== at - 1) this.#tree = undefined;
    this.#tree?.add(hash);
    if (this.#wanted.has(at)) this.#keepRoot();
  }

  #keepRoot(): void {
    if (this.#tree === undefined) return;
    this.#rootAt.set(this.#tree.size, encodeBase64Url(this.#tree.root()));
  }

  #read(text: string, place: number | undefined): { id: number; prev: string; atMs: number } {
    try {
      const { id, prev, at } = parseRecord(text);
      return { id, prev, atMs: Date.parse(at) };
    } catch (error) {
      const at = place ?? this.#next;
      this.#blame(at, `record ${at} cannot be read: ${messageOf(error)}`);
      return { id: at, prev: "", atMs: NaN };
    }
  }

  #missing(from: number, to: number): void {
    if (from > to) return;
    const which = from === to ? `record ${from} is` : `records ${from} to ${to} are`;
    this.#blame(from, `${which} missing`);
  }

  #checkEnd(): void {
    if (this.#end === undefined) {
      this.#faults.push({ problem: "the end is missing: the audit was cut off" });
      return;
    }
    const { end, last } = this.#end;
    const newest = this.#next - 1;
    this.#missing(newest + 1, end);
    if (newest > end) this.#blame(end + 1, `record ${end + 1} was added behind the end`);
    const isLast = this.#before?.id === end;
    if (isLast && encodeBase64Url(this.#before!.hash) !== last) this.#broken.add(end + 1);
  }

  /**
   * A record that was changed breaks the link of the one behind it, and its own where `prev` was
   * changed as well. So of links that break in a row, all but the last one name their own record.
   */
  #blameBroken(): void {
    for (const id of this.#broken) {
      const isInRow = this.#broken.has(id + 1);
      const changed = isInRow ? id : this.#broken.has(id - 1) ? undefined : id - 1;
      if (changed === undefined || this.#blamed.has(changed) || this.#blamed.has(id)) continue;
      this.#blame(changed, `record ${changed} was changed`);
    }
  }

  async #checkSignatures(verify: VerifySignature): Promise<number> {
    let signed = 0;
    for (const checkpoint of this.#checkpoints.toSorted((a, b) => a.size - b.size)) {
      const fault = await this.#signatureFault(checkpoint, verify) ??
        this.#rootFault(checkpoint, signed);
      if (fault !== undefined) this.#faults.push({ problem: fault });
      else if (this.#rootAt.has(checkpoint.size)) signed = checkpoint.size;
    }
    if (signed === 0) this.#notices.push("nothing is signed yet");
    else if (signed < this.#next - 1) {
      this.#notices.push(`records ${signed + 1} to ${this.#next - 1} are not signed yet`);
    }
    return signed;
  }

  async #signatureFault(
    checkpoint: Checkpoint,
    verify: VerifySignature,
  ): Promise<string | undefined> {
    const { signer, size, log } = checkpoint;
    const what = `the checkpoint of ${size} records`;
    if (log !== this.#begin?.log) return `${what} is one of another audit`;
    const pem = this.#signers.get(signer);
    if (pem === undefined) return `${what} was signed by a certificate that is missing`;
    try {
      await verifyCheckpoint(checkpoint, pem, verify);
    } catch (error) {
      return `${what} is not to be trusted: ${messageOf(error)}`;
    }
  }

  #rootFault({ size, root, at }: Checkpoint, since: number): string | undefined {
    if (size >= this.#next) {
      return `records ${this.#next} to ${size} are missing: they were signed at ${at}`;
    }
    const has = this.#rootAt.get(size);
    // It was cut, or stands behind a gap, which is a fault of its own.
    if (has === undefined || has === root) return undefined;
    return `records ${since + 1} to ${size} are not those that were signed at ${at}`;
  }

  #checkKept(checkpoint: Checkpoint, log: string): void {
    const fault = checkpoint.log === log
      ? this.#rootFault(checkpoint, 0)
      : "the checkpoint that was kept is one of another audit: this one was begun anew";
    if (fault !== undefined) this.#faults.push({ problem: fault });
  }

  #blame(record: number, problem: string): void {
    if (this.#blamed.has(record)) return;
    this.#blamed.add(record);
    this.#faults.push({ record, problem });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
