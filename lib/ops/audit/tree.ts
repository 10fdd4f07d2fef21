/**
 * The hash tree over the records of an audit (RFC 9162 section 2.1): a root of 32 bytes stands for all
 * of them, and a few hashes prove that one of them is among them.
 *
 * @module
 */

// Web Crypto hashes only asynchronously, and a transaction of the store cannot wait.
import { createHash } from "node:crypto";

/** A SHA-256 hash. */
export type Hash = Uint8Array<ArrayBuffer>;

/** The length of a hash, in bytes. */
const { length: HASH_LENGTH } = sha256(new Uint8Array());

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

/** The root of no records (RFC 9162 section 2.1.1). */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array());

/**
 * The hash of one record.
 *
 * @param text The record as it is stored.
 */
export function leafHash(text: string): Hash {
  return new Uint8Array(createHash("sha256").update(LEAF).update(text).digest());
}

/**
 * The hash over two neighbours.
 *
 * @param left The hash of the older records.
 * @param right The hash of the newer ones.
 */
export function nodeHash(left: Hash, right: Hash): Hash {
  return new Uint8Array(createHash("sha256").update(NODE).update(left).update(right).digest());
}

/**
 * The right edge of a tree: the roots of its whole subtrees, of which there is one for each bit that is
 * set in the tree's size. It is all that is needed to add records and to know the root.
 *
 * @example
 * ```ts
 * import { Frontier, leafHash, nodeHash } from "./tree.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const frontier = new Frontier();
 * frontier.add(leafHash("a"));
 * frontier.add(leafHash("b"));
 * assertEquals(frontier.root(), nodeHash(leafHash("a"), leafHash("b")));
 * ```
 */
export class Frontier {
  #size: number;
  /** The largest subtree first. */
  readonly #roots: Hash[];

  /**
   * Goes on where another one stopped; an empty tree without parameters.
   *
   * @param size How many records there are.
   * @param bytes The roots side by side, as {@linkcode Frontier.bytes} gives them.
   * @throws {RangeError} When their number does not fit the size.
   */
  constructor(size = 0, bytes: Uint8Array = new Uint8Array()) {
    const count = bitsOf(size);
    if (bytes.length !== count * HASH_LENGTH) {
      throw new RangeError(`A tree of ${size} records has ${count} subtrees, not ${bytes.length}`);
    }
    this.#size = size;
    this.#roots = Array.from(
      { length: count },
      (_, at) => new Uint8Array(bytes.subarray(at * HASH_LENGTH, (at + 1) * HASH_LENGTH)),
    );
  }

  /** How many records there are. */
  get size(): number {
    return this.#size;
  }

  /** The roots side by side. */
  get bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#roots.length * HASH_LENGTH);
    for (const [at, root] of this.#roots.entries()) bytes.set(root, at * HASH_LENGTH);
    return bytes;
  }

  /**
   * Adds the next record.
   *
   * @param leaf Its hash.
   * @param completed Hears of each subtree that is whole now: its height, its place among those of
   * this height from 0, and its root.
   */
  add(leaf: Hash, completed?: (height: number, place: number, root: Hash) => void): void {
    let root = leaf;
    let place = this.#size;
    for (let height = 1; place % 2 === 1; height++) {
      root = nodeHash(this.#roots.pop()!, root);
      place = (place - 1) / 2;
      completed?.(height, place, root);
    }
    this.#roots.push(root);
    this.#size++;
  }

  /**
   * Adds a record of which it is known already what it makes whole.
   *
   * @param root The root of the subtree that the record makes whole; its own hash for none.
   * @param merged How many subtrees of before are in it.
   */
  join(root: Hash, merged: number): void {
    this.#roots.length -= merged;
    this.#roots.push(root);
    this.#size++;
  }

  /** The root over all records. */
  root(): Hash {
    return this.#roots.length === 0
      ? EMPTY_ROOT
      : this.#roots.reduceRight((right, left) => nodeHash(left, right));
  }
}

/**
 * The hashes that prove that a record is in a tree, from the bottom up (RFC 9162 section 2.1.3.1).
 *
 * @param place The record's place, from 0.
 * @param size How many records the tree has.
 * @param rootOf The root over the records from the first place up to the second, which is not among
 * them; it is asked for whole subtrees, and for the right edge.
 */
export function inclusionPath(
  place: number,
  size: number,
  rootOf: (begin: number, end: number) => Hash,
): Hash[] {
  const path: Hash[] = [];
  for (let begin = 0, end = size; end - begin > 1;) {
    const middle = begin + splitOf(end - begin);
    path.push(place < middle ? rootOf(middle, end) : rootOf(begin, middle));
    if (place < middle) end = middle;
    else begin = middle;
  }
  return path.reverse();
}

/**
 * The root of the tree that a record and its path lead to (RFC 9162 section 2.1.3.2).
 *
 * @param leaf The record's hash.
 * @param place Its place, from 0.
 * @param size How many records the tree has.
 * @param path The hashes of {@linkcode inclusionPath}.
 * @returns The root; `undefined` where the path is not one of this place in a tree of this size.
 */
export function rootByPath(
  leaf: Hash,
  place: number,
  size: number,
  path: readonly Hash[],
): Hash | undefined {
  if (!(Number.isSafeInteger(place) && place >= 0 && place < size)) return undefined;
  let root = leaf;
  let [at, last] = [place, size - 1];
  for (const hash of path) {
    if (last === 0 || hash.length !== HASH_LENGTH) return undefined;
    if (at % 2 === 1 || at === last) {
      root = nodeHash(hash, root);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      root = nodeHash(root, hash);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? root : undefined;
}

/**
 * The root over a range of records.
 *
 * @param begin The first place.
 * @param end The place behind the last one.
 * @param known The root of a whole subtree where it is known, and of one record always.
 */
export function rangeRoot(
  begin: number,
  end: number,
  known: (begin: number, end: number) => Hash | undefined,
): Hash {
  const root = known(begin, end);
  if (root !== undefined) return root;
  const middle = begin + splitOf(end - begin);
  return nodeHash(rangeRoot(begin, middle, known), rangeRoot(middle, end, known));
}

/** The largest power of two below a size of two or more. */
function splitOf(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

function half(number: number): number {
  return Math.floor(number / 2);
}

function bitsOf(size: number): number {
  let count = 0;
  for (let left = size; left > 0; left = half(left)) count += left % 2;
  return count;
}

function sha256(bytes: Uint8Array): Hash {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}
