/**
 * The lists that administrators read: bounded, and searched by a text.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/** A list, which may not be whole. */
export interface Listing<T> {
  /** When it was read, in milliseconds since the epoch. */
  readonly atMs: number;
  /** What was found. */
  readonly items: readonly T[];
  /** How many more there are. */
  readonly more: number;
}

/**
 * Bounds a list.
 *
 * @param all Everything there is, in order.
 * @param atMs The time, in milliseconds since the epoch.
 * @param find Only things that have this text in one of their members, in any case.
 * @param most The most that are listed.
 *
 * @example
 * ```ts
 * import { listing } from "./listing.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const accounts = [{ name: "alice", roles: ["admin"] }, { name: "bob", roles: ["user"] }];
 * assertEquals(listing(accounts, 0, "ADMIN").items.map(({ name }) => name), ["alice"]);
 * ```
 */
export function listing<T extends object>(
  all: readonly T[],
  atMs: number,
  find = "",
  most: number = limits.maxListedRecords,
): Listing<T> {
  const wanted = find.toLowerCase();
  const found = wanted === "" ? all : all.filter((each) => hasText(each, wanted));
  const items = found.slice(0, most);
  return { atMs, items, more: found.length - items.length };
}

function hasText(value: unknown, wanted: string): boolean {
  if (typeof value === "string") return value.toLowerCase().includes(wanted);
  return typeof value === "object" && value !== null &&
    Object.values(value).some((each) => hasText(each, wanted));
}
