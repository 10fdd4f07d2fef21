/**
 * The chain of an audit, to which records are added before they are written.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { byteLength } from "../../base/text/byte_length.ts";
import type { AuditEvent } from "./audit.ts";
import { recordText } from "./record.ts";
import { Frontier, type Hash, leafHash } from "./tree.ts";

/** The state of an audit after its last record. */
export interface Head {
  /** The random name of this audit, in hexadecimal. */
  readonly log: string;
  /** How many records there have ever been: the number of the last one. */
  readonly size: number;
  /** The number of the oldest record that is kept. */
  readonly first: number;
  /** The bytes of the records that are kept. */
  readonly bytes: number;
  /** The hash of the last record. */
  readonly last: Hash;
  /** The right edge of the tree. */
  readonly frontier: Uint8Array;
}

/** By whom and up to which bound records are added. */
export interface ChainOptions {
  /** The actor of events that name none. */
  readonly by: string;
  /** The most bytes of records. @default {limits.maxAuditBytes} */
  readonly maxBytes?: number | undefined;
}

/** A record that belongs behind another one, and what it adds to the tree. */
export interface MadeRecord {
  /** Its number. */
  readonly id: number;
  /** The hash of the record before it. */
  readonly prev: Hash;
  /** What is stored. */
  readonly text: string;
  /** Its kind, by which it has room. */
  readonly kind: string;
  /** How many bytes it takes. */
  readonly bytes: number;
  /** Its own hash. */
  readonly hash: Hash;
  /** The subtree that it makes whole, and how many are in that one besides. */
  readonly root: Hash;
  /** How many subtrees of before are in it. */
  readonly merged: number;
  /** The subtrees whose roots are stored. */
  readonly nodes: readonly {
    readonly level: number;
    readonly place: number;
    readonly root: Hash;
  }[];
}

/** The height of the subtrees whose roots are stored, and of those that are made of them. */
export const NODE_HEIGHT = 8;

/**
 * Kinds of records that others than administrators can cause without an end. They leave room for the
 * acts of administrators.
 */
const REFUSALS = new Set(["call.denied", "sign-in.failed", "connection.refused"]);
const SIGN_INS = new Set(["sign-in.accepted", "session.began", "session.ended"]);

/** The end of a chain, which moves with each record. */
export class Chain {
  readonly #options: ChainOptions;
  readonly #log: string;
  readonly #first: number;
  readonly #frontier: Frontier;
  #bytes: number;
  #last: Hash;

  /**
   * @param head Where it goes on.
   * @param options Actor and bound.
   */
  constructor(head: Head, options: ChainOptions) {
    this.#options = options;
    this.#log = head.log;
    this.#first = head.first;
    this.#frontier = new Frontier(head.size, head.frontier);
    this.#bytes = head.bytes;
    this.#last = head.last;
  }

  /** Where it stands. */
  get head(): Head {
    const { size, bytes: frontier } = this.#frontier;
    return {
      ...{ log: this.#log, size, first: this.#first },
      ...{ bytes: this.#bytes, last: this.#last, frontier },
    };
  }

  /**
   * Makes the record of an event and adds it.
   *
   * @param event What happened.
   * @param atMs When, in milliseconds since the epoch.
   * @returns The record; `undefined` where there is no room for it.
   */
  add(event: AuditEvent, atMs: number): MadeRecord | undefined {
    const { by } = this.#options;
    const [id, prev] = [this.#frontier.size + 1, this.#last];
    const text = recordText(event, { id, atMs, by, prev });
    const bytes = byteLength(text);
    if (!this.#hasRoom(event.kind, bytes)) return undefined;
    const hash = leafHash(text);
    const nodes: MadeRecord["nodes"][number][] = [];
    let [root, merged] = [hash, 0];
    this.#frontier.add(hash, (level, place, whole) => {
      root = whole;
      merged++;
      if (level % NODE_HEIGHT === 0) nodes.push({ level, place, root });
    });
    this.#bytes += bytes;
    this.#last = hash;
    return { id, prev, text, kind: event.kind, bytes, hash, root, merged, nodes };
  }

  /**
   * Adds a record that was made before.
   *
   * @param record The record.
   * @returns Whether it belongs here and has room: it was made behind this record, and no other one.
   */
  take(record: MadeRecord): boolean {
    if (record.id !== this.#frontier.size + 1 || !isSame(record.prev, this.#last)) return false;
    if (!this.#hasRoom(record.kind, record.bytes)) return false;
    this.#frontier.join(record.root, record.merged);
    this.#bytes += record.bytes;
    this.#last = record.hash;
    return true;
  }

  #hasRoom(kind: string, bytes: number): boolean {
    const { maxBytes = limits.maxAuditBytes } = this.#options;
    return this.#bytes + bytes <= roomFor(kind, maxBytes);
  }
}

function roomFor(kind: string, maxBytes: number): number {
  const reserve = Math.min(limits.auditReserveBytes, maxBytes * limits.auditReserveShare);
  if (REFUSALS.has(kind)) return (maxBytes - reserve) * limits.auditRefusalShare;
  return SIGN_INS.has(kind) ? maxBytes - reserve : maxBytes;
}

function isSame(a: Hash, b: Hash): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
