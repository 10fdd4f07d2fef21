/**
 * What servers wrote and read, and whether there is one order in which all of it can have happened.
 *
 * @module
 */

import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { Entry } from "../../../lib/store/store.ts";
import type { ClusterViolation } from "./violation.ts";

/** A write that was begun. */
interface Write {
  readonly id: number;
  readonly key: string;
  /** The newest version that was acknowledged, to anybody, when it began. */
  readonly floor: number;
  state: "nobody knows" | "acknowledged" | "refused";
  ackedAt: number;
  version: number;
}

/** What was read of a register or a group. */
interface Read {
  readonly key: string;
  readonly by: string;
  readonly at: number;
  readonly ids: readonly number[];
}

/** Tells the ids in the text of a register. */
export function idsIn(text: string | undefined): number[] {
  return text === undefined || text === "" ? [] : text.split(",").map(Number);
}

/** The history of a run. */
export class History {
  readonly #now: () => number;
  readonly #broke: (violation: ClusterViolation) => void;
  readonly #writes = new Map<number, Write>();
  readonly #reads: Read[] = [];
  /** The newest version that was acknowledged. */
  #newest = 0;

  /**
   * @param now The time of the run.
   * @param broke Hears of a promise that was broken.
   */
  constructor(now: () => number, broke: (violation: ClusterViolation) => void) {
    this.#now = now;
    this.#broke = broke;
  }

  /** A write begins; nobody else has this id. */
  began(id: number, key: string): void {
    this.#writes.set(id, {
      ...{ id, key, floor: this.#newest },
      ...{ state: "nobody knows", ackedAt: Infinity, version: 0 },
    });
  }

  /** A write was acknowledged. */
  acknowledged(id: number, version: number): void {
    const write = this.#writes.get(id)!;
    if (version <= write.floor) {
      const what = `write ${id} has version ${version}, and began after ${write.floor} was there`;
      this.#broke({ promise: "writes follow one another", what });
    }
    Object.assign(write, { state: "acknowledged", ackedAt: this.#now(), version });
    this.#newest = Math.max(this.#newest, version);
  }

  /** A write failed; some errors say that nothing was written. */
  failed(id: number, error: unknown): void {
    if (error instanceof DariError && error.retryable) this.#writes.get(id)!.state = "refused";
  }

  /** Whether a write was acknowledged. */
  isAcknowledged(id: number): boolean {
    return this.#writes.get(id)?.state === "acknowledged";
  }

  /** A register was read: the ids of the writes in it, in their order. */
  read(key: string, by: string, ids: readonly number[]): void {
    const at = this.#now();
    this.#reads.push({ key, by, at, ids });
    for (const { id, ackedAt } of this.#acknowledgedOf(key)) {
      if (ackedAt > at - limits.maxStoreStalenessMs || ids.includes(id)) continue;
      const what = `${by} read ${key} without ${id}, acknowledged ${at - ackedAt} ms before`;
      this.#broke({ promise: "what is read is not older than the bound", what });
    }
  }

  /** A group was read: what stands under its keys. */
  readGroup(key: string, by: string, entries: readonly Entry[], size: number): void {
    const versions = new Set(entries.map(({ version }) => version));
    if (versions.size > 1 || entries.length % size !== 0) {
      const seen = entries.map((entry) => `${entry.key} ${entry.version}`).join(", ");
      this.#broke({ promise: "a batch holds whole or not at all", what: `${by} read ${seen}` });
    }
    const at = this.#now();
    const found = entries[0]?.version ?? 0;
    for (const { id, ackedAt, version } of this.#acknowledgedOf(key)) {
      if (ackedAt > at - limits.maxStoreStalenessMs || version <= found) continue;
      const what = `${by} read ${key} as of ${found}, and ${id} wrote ${version} long before`;
      this.#broke({ promise: "what is read is not older than the bound", what });
    }
  }

  /**
   * Judges, once nothing is under way.
   *
   * @param get What is in the store.
   */
  check(get: (key: string) => Entry | undefined): void {
    for (const [key, writes] of Map.groupBy(this.#writes.values(), ({ key }) => key)) {
      if (key.startsWith("group/")) this.#checkGroup(key, writes, get(`${key}/0`));
      else this.#checkRegister(key, writes, idsIn(get(key)?.value));
    }
    for (const [by, reads] of Map.groupBy(this.#reads, ({ by, key }) => `${by} ${key}`)) {
      this.#checkReads(by, reads, idsIn(get(reads[0]!.key)?.value));
    }
  }

  #acknowledgedOf(key: string): Write[] {
    return [...this.#writes.values()].filter((write) =>
      write.key === key && write.state === "acknowledged"
    );
  }

  #checkRegister(key: string, writes: readonly Write[], last: readonly number[]): void {
    for (const { id, state } of writes) {
      const times = last.filter((each) => each === id).length;
      if (state === "acknowledged" && times === 0) {
        const what = `${id} was acknowledged, and is not in ${key}: ${last}`;
        this.#broke({ promise: "no acknowledged write is lost", what });
      }
      if (state === "refused" && times > 0) {
        const what = `${id} was said not to be written, and is in ${key}: ${last}`;
        this.#broke({ promise: "what was refused is not there", what });
      }
      if (times > 1) {
        const what = `${id} is in ${key} ${times} times: ${last}`;
        this.#broke({ promise: "writes follow one another", what });
      }
    }
    const order = last.flatMap((id) => this.#writes.get(id)?.version || []);
    if (order.some((version, place) => version < (order[place - 1] ?? 0))) {
      const what = `the versions of ${key} are ${order}`;
      this.#broke({ promise: "writes follow one another", what });
    }
  }

  #checkGroup(key: string, writes: readonly Write[], last: Entry | undefined): void {
    for (const { id, state, version } of writes) {
      if (state === "acknowledged" && version > (last?.version ?? 0)) {
        const what = `${key} is as of ${last?.version}, and ${id} had written ${version}`;
        this.#broke({ promise: "no acknowledged write is lost", what });
      }
      if (state === "refused" && last?.value.startsWith(`${id}:`)) {
        const what = `${id} was said not to be written, and is in ${key}`;
        this.#broke({ promise: "what was refused is not there", what });
      }
      if (
        state === "acknowledged" && last?.value.startsWith(`${id}:`) && version !== last.version
      ) {
        const what = `${id} wrote ${key} as of ${version}, and again as of ${last.version}`;
        this.#broke({ promise: "writes follow one another", what });
      }
    }
  }

  /** What was read is a beginning of what there is, and never less than was read there before. */
  #checkReads(by: string, reads: readonly Read[], last: readonly number[]): void {
    let before = 0;
    for (const { ids } of reads) {
      if (ids.some((id, place) => last[place] !== id)) {
        const what = `${by} was ${ids}, and in the end is ${last}`;
        this.#broke({ promise: "writes follow one another", what });
      }
      if (ids.length < before) {
        const what = `${by} had ${ids.length} writes after ${before}`;
        this.#broke({ promise: "writes follow one another", what });
      }
      before = ids.length;
    }
  }
}
