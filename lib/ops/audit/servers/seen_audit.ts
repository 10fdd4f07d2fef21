/**
 * The audit of another server as far as this one has seen it come: its chain was whole, and this is its
 * tree.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { parseHash, parseRecord } from "../record.ts";
import { Frontier, type Hash, leafHash } from "../tree.ts";
import type { AuditPiece } from "./piece.ts";

/** What was seen, to go on with. */
export interface SeenState {
  /** How many records. */
  readonly size: number;
  /** The roots of the whole subtrees over them, side by side in base64url. */
  readonly frontier: string;
  /** The hash of the last one, in base64url; empty before the first. */
  readonly last: string;
}

/** Goes through what comes of one audit. */
export class SeenAudit {
  readonly #frontier: Frontier;
  #last: Hash | undefined;
  #isBroken = false;
  #isLate = false;

  /**
   * @param state Where it goes on; at the first record by default.
   * @throws {RangeError} For a state that is none.
   */
  constructor({ size, frontier, last }: SeenState = { size: 0, frontier: "", last: "" }) {
    this.#frontier = new Frontier(size, decodeBase64Url(frontier));
    this.#last = parseHash(last);
  }

  /** How many records were seen. */
  get size(): number {
    return this.#frontier.size;
  }

  /** The root over them. */
  get root(): Hash {
    return this.#frontier.root();
  }

  /** Whether something came that does not follow what was there: then nothing more is seen. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Whether its beginning was gone already when this one began to look. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** What was seen. */
  get state(): SeenState {
    const { size, bytes } = this.#frontier;
    const last = this.#last === undefined ? "" : encodeBase64Url(this.#last);
    return { size, frontier: encodeBase64Url(bytes), last };
  }

  /**
   * Whether records are missing between what was seen and a piece.
   *
   * @param piece The piece.
   */
  isBefore({ from }: AuditPiece): boolean {
    return !this.#isBroken && from > this.size + 1;
  }

  /**
   * Takes a piece. Records that were seen before are passed over.
   *
   * @param piece The piece.
   */
  take({ from, records }: AuditPiece): void {
    if (this.size === 0 && from > 1) this.#isBroken = this.#isLate = true;
    for (const [at, text] of records.entries()) {
      if (this.#isBroken || from + at <= this.size) continue;
      const before = this.#last === undefined ? "" : encodeBase64Url(this.#last);
      if (from + at !== this.size + 1 || previousOf(text) !== before) this.#isBroken = true;
      else {
        this.#last = leafHash(text);
        this.#frontier.add(this.#last);
      }
    }
  }
}

function previousOf(text: string): string | undefined {
  try {
    return parseRecord(text).prev;
  } catch {
    return undefined;
  }
}
