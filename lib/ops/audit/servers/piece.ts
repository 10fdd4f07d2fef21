/**
 * A piece of the audit of one server, as it goes to where the audits of all servers of a cluster are.
 *
 * Its text has a line of JSON that says which piece it is, then its records, each as it was hashed, and then
 * certificates and checkpoints as an export has them.
 *
 * @module
 */

import type { AuditSigner } from "../reading/content.ts";
import { parseHash } from "../record.ts";

/** What a piece says of itself. */
export interface PieceHead {
  /** The version of this form. */
  readonly piece: 1;
  /** What people call the server. */
  readonly server: string;
  /** The random name of the audit. */
  readonly log: string;
  /** The number of the first record; that of the next one where the piece has none. */
  readonly from: number;
  /** The number of the last record; one less than `from` where the piece has none. */
  readonly to: number;
  /** The hash of that record, in base64url; empty before the first one. */
  readonly last: string;
  /** The number of the oldest record that the server keeps. */
  readonly first: number;
  /**
   * What stands for the records before `first`, as the beginning of an export has it: in a piece that says
   * that they were cut.
   */
  readonly before?: string | undefined;
}

/** A piece. */
export interface AuditPiece extends PieceHead {
  /** The texts of its records. */
  readonly records: readonly string[];
  /** Certificates that have signed checkpoints. */
  readonly signers: readonly AuditSigner[];
  /** The texts of checkpoints. */
  readonly checkpoints: readonly string[];
}

/**
 * Writes a piece.
 *
 * @param piece The piece.
 * @returns Its text.
 */
export function pieceText({ records, signers, checkpoints, ...head }: AuditPiece): string {
  return [
    JSON.stringify(head),
    ...records,
    ...signers.map((signer) => JSON.stringify(signer)),
    ...checkpoints.map((text) => `{"checkpoint":${text}}`),
  ].join("\n");
}

/**
 * Reads a piece.
 *
 * @param text Its text.
 * @returns The piece; `undefined` for what has a form that this program does not know.
 */
export function parsePiece(text: string): AuditPiece | undefined {
  try {
    const [first = "", ...lines] = text.split("\n");
    const head: PieceHead = JSON.parse(first);
    if (!isHead(head)) return undefined;
    const count = head.to - head.from + 1;
    if (lines.length < count) return undefined;
    const signers: AuditSigner[] = [];
    const checkpoints: string[] = [];
    for (const line of lines.slice(count)) {
      const value = JSON.parse(line);
      if (value.checkpoint !== undefined) checkpoints.push(JSON.stringify(value.checkpoint));
      else if (typeof value.signer === "string" && typeof value.pem === "string") {
        signers.push(value);
      } else return undefined;
    }
    return { ...head, records: lines.slice(0, count), signers, checkpoints };
  } catch {
    return undefined;
  }
}

function isHead(head: PieceHead): boolean {
  const { piece, server, log, from, to, first, last, before } = head;
  return piece === 1 && typeof server === "string" && typeof log === "string" &&
    [from, to, first].every((number) => Number.isSafeInteger(number)) &&
    from >= 1 && first >= 1 && to >= from - 1 &&
    (last === "" || parseHash(last) !== undefined) &&
    (before === undefined || typeof before === "string");
}
