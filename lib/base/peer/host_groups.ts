/**
 * Things that peers hold, grouped by the peer, for sharing what is scarce between peers.
 *
 * @module
 */

/**
 * A set of items, each held by a host. It knows at once which host holds the most.
 *
 * Invariants: `#groups` has no empty group; `#hostsBySize` has a host under the size of its group and
 * nowhere else; `#most` is the largest size, 0 where there is no item.
 *
 * @example
 * ```ts
 * import { HostGroups } from "./host_groups.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const groups = new HostGroups<number>();
 * groups.add("192.0.2.1", 1);
 * groups.add("192.0.2.2", 2);
 * groups.add("192.0.2.2", 3);
 * assertEquals(groups.oldestOfFullest(), 2);
 * ```
 */
export class HostGroups<T> {
  readonly #groups = new Map<string, Set<T>>();
  readonly #hostsBySize = new Map<number, Set<string>>();
  #most = 0;
  #size = 0;

  /** How many items there are. */
  get size(): number {
    return this.#size;
  }

  /** How many items the host that has the most holds. */
  get most(): number {
    return this.#most;
  }

  /**
   * How many items a host holds.
   *
   * @param host The host.
   */
  countOf(host: string): number {
    return this.#groups.get(host)?.size ?? 0;
  }

  /**
   * Adds an item.
   *
   * @param host The host that holds it.
   * @param item The item.
   * @returns Whether it was not there.
   */
  add(host: string, item: T): boolean {
    let group = this.#groups.get(host);
    if (group === undefined) this.#groups.set(host, group = new Set());
    if (group.has(item)) return false;
    group.add(item);
    this.#size++;
    this.#move(host, group.size - 1, group.size);
    this.#most = Math.max(this.#most, group.size);
    return true;
  }

  /**
   * Removes an item.
   *
   * @param host The host that held it.
   * @param item The item.
   * @returns Whether it was there.
   */
  delete(host: string, item: T): boolean {
    const group = this.#groups.get(host);
    if (group?.delete(item) !== true) return false;
    this.#size--;
    if (group.size === 0) this.#groups.delete(host);
    this.#move(host, group.size + 1, group.size);
    if (!this.#hostsBySize.has(this.#most)) this.#most--; // the host has one item less now
    return true;
  }

  /** The item that the host with the most items has held for longest. */
  oldestOfFullest(): T | undefined {
    for (const host of this.#hostsBySize.get(this.#most) ?? []) {
      for (const item of this.#groups.get(host) ?? []) return item;
    }
    return undefined;
  }

  #move(host: string, from: number, to: number): void {
    const before = this.#hostsBySize.get(from);
    before?.delete(host);
    if (before?.size === 0) this.#hostsBySize.delete(from);
    if (to === 0) return;
    const after = this.#hostsBySize.get(to);
    if (after === undefined) this.#hostsBySize.set(to, new Set([host]));
    else after.add(host);
  }
}
