/**
 * Whether the audits of all servers of a cluster are whole, as they came to where they are together: each
 * record of each server in its place, once, as it was signed; and no server that rewrote what it had brought.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { DariError } from "../../../base/errors.ts";
import { type Checkpoint, parseCheckpoint } from "../checkpoint.ts";
import type { AuditVerdict, VerifyOptions } from "../reading/verdict.ts";
import { AuditCheck } from "../reading/verify.ts";
import { parseRecord } from "../record.ts";
import { type Hash, leafHash } from "../tree.ts";
import { Hashes } from "./hashes.ts";
import type { AuditPiece } from "./piece.ts";

/** What is known of a server's audit from elsewhere. */
export interface KnownAudit {
  /** What people call the server. */
  readonly server: string;
  /** The audit's name. */
  readonly log: string;
  /** How many records it had. */
  readonly size: number;
  /** The hash of the last of them, in base64url. */
  readonly last: string;
  /** When, in milliseconds since the epoch. */
  readonly atMs: number;
}

/** What another server has signed of an audit, as far as it saw it come. */
export interface WitnessedAudit {
  /** The audit's name. */
  readonly log: string;
  /** The text of the checkpoint. */
  readonly checkpoint: string;
  /** The certificate that signed, PEM. */
  readonly pem: string;
}

/** What was found of one server. */
export interface ServerVerdict extends AuditVerdict {
  /** What people call the server. */
  readonly server: string;
  /** When its newest record was made: RFC 3339 in UTC. */
  readonly newestAt: string | undefined;
  /** The hash of the newest record, in base64url. */
  readonly last: string;
}

/** What was found. */
export interface ServersVerdict {
  /** Each audit, by the names of the servers. */
  readonly servers: readonly ServerVerdict[];
  /** What is wrong beside what is wrong with one of them, as sentences. */
  readonly faults: readonly string[];
  /** What is not wrong, and worth knowing. */
  readonly notices: readonly string[];
}

/** What the audits are held against. */
export interface VerifyServersOptions extends VerifyOptions {
  /** What is known of the servers from elsewhere: none of them may be missing, or end before that. */
  readonly known?: readonly KnownAudit[] | undefined;
  /** What other servers have signed. */
  readonly witnessed?: readonly WitnessedAudit[] | undefined;
}

/**
 * Gives what came, from the beginning; `undefined` for what cannot be read. Compared with what a majority
 * of the NATS servers has it takes longer.
 */
export type ReadPieces = (isCompared: boolean) => AsyncIterable<AuditPiece | undefined>;

/**
 * Verifies the audits of all servers. Where something is wrong they are read once more, compared: one of
 * the NATS servers may have what no majority has.
 *
 * @param read Reads the pieces.
 * @param options Trust, and what is known from elsewhere.
 * @returns What was found.
 */
export async function verifyServers(
  read: ReadPieces,
  options: VerifyServersOptions = {},
): Promise<ServersVerdict> {
  const verdict = await verifyPieces(() => read(false), options);
  const isWhole = [verdict, ...verdict.servers].every(({ faults }) => faults.length === 0);
  return isWhole ? verdict : await verifyPieces(() => read(true), options);
}

/** They are read twice, since checkpoints come behind what they sign. */
async function verifyPieces(
  read: () => AsyncIterable<AuditPiece | undefined>,
  options: VerifyServersOptions,
): Promise<ServersVerdict> {
  const { kept = [], known = [], witnessed = [] } = options;
  const audits = new Map<string, ServerAudit>();
  let unreadable = 0;
  for await (const piece of read()) {
    if (piece === undefined) unreadable++;
    else auditOf(audits, piece).hear(piece);
  }
  for (const each of witnessed) audits.get(each.log)?.hearWitness(each);
  for (const audit of audits.values()) audit.begin(kept);
  for await (const piece of read()) {
    if (piece !== undefined) audits.get(piece.log)?.take(piece);
  }
  const verdicts: ServerVerdict[] = [];
  for (const [log, audit] of audits) {
    const own = { ...options, kept: kept.filter((checkpoint) => checkpoint.log === log) };
    verdicts.push(await audit.end(own, known.find((each) => each.log === log)));
  }
  const key = ({ server, log }: ServerVerdict) => `${server} ${log}`;
  return {
    servers: verdicts.toSorted((a, b) => key(a) < key(b) ? -1 : 1),
    faults: [
      ...known.filter(({ log }) => !audits.has(log)).map(missing),
      ...kept.filter(({ log }) => !audits.has(log)).map(missingCheckpoint),
    ],
    notices: unreadable === 0 ? [] : [
      `${unreadable} messages cannot be read: no server of this cluster wrote them, or a newer dari`,
    ],
  };
}

function auditOf(audits: Map<string, ServerAudit>, { log }: AuditPiece): ServerAudit {
  const known = audits.get(log);
  if (known !== undefined) return known;
  const audit = new ServerAudit(log);
  audits.set(log, audit);
  return audit;
}

/** The audit of one server, which is gone through twice. */
class ServerAudit {
  readonly #log: string;
  readonly #signers = new Map<string, string>();
  readonly #checkpoints = new Set<string>();
  readonly #problems: string[] = [];
  #server = "";
  #beginning: { first: number; before?: string | undefined } | undefined;
  /** The number of the first record that came. */
  #from = 0;
  #check = new AuditCheck();
  #hashes = new Hashes(1);
  #newestAt: string | undefined;
  /** Whether the records that come now were told as others already. */
  #isFork = false;

  constructor(log: string) {
    this.#log = log;
  }

  /** Hears what a piece has beside its records. */
  hear({ server, from, to, first, before, signers, checkpoints }: AuditPiece): void {
    this.#server = server;
    if (this.#from === 0) this.#from = from;
    // Whatever stands for records that were cut has come before they were removed.
    const isCut = before !== undefined && first > 1 && first >= this.#from;
    if (isCut && this.#beginning === undefined) this.#beginning = { first, before };
    else if (this.#from === 1 && to >= 1) this.#beginning ??= { first: 1 };
    for (const { signer, pem } of signers) this.#signers.set(signer, pem);
    for (const text of checkpoints) this.#checkpoints.add(text);
  }

  /** Hears what another server has signed. */
  hearWitness({ checkpoint, pem }: WitnessedAudit): void {
    this.#signers.set(parseCheckpoint(checkpoint).signer, pem);
    this.#checkpoints.add(checkpoint);
  }

  /** Begins with the records. */
  begin(kept: readonly Checkpoint[]): void {
    const own = kept.filter(({ log }) => log === this.#log);
    this.#check = new AuditCheck(own.map(({ size }) => size));
    const { first, before } = this.#beginning ?? { first: this.#from };
    this.#hashes = new Hashes(first);
    const stands = before === undefined ? {} : { before };
    this.#check.take({ audit: 1, log: this.#log, first, ...stands });
    for (const [signer, pem] of this.#signers) this.#check.take({ signer, pem });
    for (const checkpoint of this.#checkpoints) this.#check.take({ checkpoint });
  }

  /** Takes the records of a piece. */
  take({ from, records, to }: AuditPiece): void {
    this.#isFork = false;
    for (const [at, text] of records.entries()) this.#takeRecord(from + at, text, at === 0);
    if (records.length > 0 && this.#hashes.next > to) this.#newestAt = timeOf(records.at(-1)!);
  }

  #takeRecord(place: number, text: string, isFirst: boolean): void {
    if (place < this.#hashes.first) return; // it was cut
    const hash = leafHash(text);
    const known = this.#hashes.at(place);
    if (known !== undefined) {
      if (!isSame(known, hash)) this.#fork(`there are two records ${place}`);
      return;
    }
    const before = isFirst ? this.#hashes.at(place - 1) : undefined;
    if (before !== undefined && previousOf(text) !== encodeBase64Url(before)) {
      this.#fork(`record ${place} comes behind another record ${place - 1}`);
    }
    this.#hashes.put(place, hash);
    this.#check.take({ text, place });
  }

  #fork(how: string): void {
    if (this.#isFork) return;
    this.#isFork = true;
    this.#problems.push(`the server rewrote what it had brought: ${how}`);
  }

  /** Ends. */
  async end(options: VerifyOptions, known: KnownAudit | undefined): Promise<ServerVerdict> {
    const end = this.#hashes.next - 1;
    const last = this.#hashes.at(end);
    this.#check.take({ end, last: last === undefined ? "" : encodeBase64Url(last) });
    const verdict = await this.#check.end(options);
    if (known !== undefined) this.#compare(known);
    if (verdict.first > 1 && options.verify !== undefined && verdict.signed < verdict.first - 1) {
      this.#problems.push(
        `records 1 to ${verdict.first - 1} are missing, and no signature stands for them`,
      );
    }
    return {
      ...verdict,
      server: this.#server,
      newestAt: this.#newestAt,
      last: last === undefined ? "" : encodeBase64Url(last),
      faults: [...this.#problems.map((problem) => ({ problem })), ...verdict.faults],
    };
  }

  #compare({ size, last, atMs }: KnownAudit): void {
    const end = this.#hashes.next - 1;
    const at = new Date(atMs).toISOString();
    if (size > end) {
      this.#problems.push(`records ${end + 1} to ${size} are missing: they had come by ${at}`);
      return;
    }
    const hash = this.#hashes.at(size);
    if (hash === undefined || encodeBase64Url(hash) === last) return;
    this.#problems.push(`record ${size} is not the one that had come by ${at}`);
  }
}

function missing({ server, log, size, atMs }: KnownAudit): string {
  const at = new Date(atMs).toISOString();
  return `the audit ${log} of ${server} is missing: ${size} records had come by ${at}`;
}

function missingCheckpoint({ log, at }: Checkpoint): string {
  return `the audit ${log} is missing, of which a checkpoint was kept at ${at}`;
}

function previousOf(text: string): string | undefined {
  try {
    return parseRecord(text).prev;
  } catch (error) {
    if (error instanceof DariError) return undefined;
    throw error;
  }
}

function timeOf(text: string): string | undefined {
  try {
    return parseRecord(text).at;
  } catch {
    return undefined;
  }
}

function isSame(a: Hash, b: Hash): boolean {
  return a.every((byte, at) => byte === b[at]);
}
