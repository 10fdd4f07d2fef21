/**
 * Moving the ledger of a data directory from its file into a store, without losing an event however
 * it is interrupted.
 *
 * 1. Lock `certificates.jsonl`, so that no other process adds to it, and read its whole lines.
 * 2. Put those events that the store does not have into it, together with a mark that holds the
 *    file's digest: one batch, all or nothing.
 * 3. Rename the file to `certificates.jsonl.migrated`.
 *
 * Before the batch nothing has happened; after it the file's events are known and only the rename is
 * left. So running it again at any point gives the same ledger. A file that comes back (an older
 * dari wrote one, someone restored a copy) is moved in the same way. A `.migrated` file whose digest
 * the store does not know has been written to since, and is taken in again; where the store knows no
 * digest at all, it is not the store that the file was moved into.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { reasonOf, syncDirectory } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { type LockedFile, lockFile } from "./locked_file.ts";
import type { Clock } from "../../base/clock.ts";
import { LedgerEntries } from "./entries.ts";
import { type LedgerEvent, parseLedgerLine } from "./event.ts";
import { ledgerFileName } from "./file_log.ts";

/** Where the events go. */
export interface MoveTarget {
  /** What is there, up to date when `choose` is called. */
  readonly entries: LedgerEntries;
  /** Whether the file of this digest was moved in; any file when left out. */
  hasMoved(digest?: string): Promise<boolean>;
  /** Adds the events that are chosen, and the digest, all or nothing. */
  moveIn(digest: string, choose: () => readonly LedgerEvent[]): Promise<void>;
}

/** What a move does to the disk; a test lets it fail at each. */
export interface MoveFiles {
  /** The names in a directory; none where it does not exist. */
  list(directory: string): Promise<string[]>;
  /** Locks and reads a file; `null` where there is none. */
  lock(path: string): Promise<LockedFile | null>;
  /** Gives a file another name, for good. */
  rename(from: string, to: string): Promise<void>;
}

/** Moves the ledger of one data directory, where it has a file. */
export class FileMove {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #files: MoveFiles;
  /** When the directory was last looked at; `undefined` before the first time. */
  #lookedAtMs: number | undefined;
  #running: Promise<void> | undefined;

  /**
   * @param directory The data directory; it need not exist.
   * @param clock What the pauses between two looks at the directory are measured with.
   * @param files What is done to the disk.
   */
  constructor(directory: string, clock: Clock, files: MoveFiles = diskFiles) {
    this.#directory = directory;
    this.#clock = clock;
    this.#files = files;
  }

  /**
   * Moves the file, where there is one.
   *
   * @param target Where its events go.
   * @throws {DariError} `data` when the file is damaged or contradicts what is there, `io` when it
   * cannot be read or renamed.
   */
  async run(target: MoveTarget): Promise<void> {
    await (this.#running ??= this.#look(target).finally(() => this.#running = undefined));
  }

  async #look(target: MoveTarget): Promise<void> {
    const nowMs = this.#clock.monotonic();
    if (nowMs - (this.#lookedAtMs ?? -Infinity) < limits.revocationCheckMs) return;
    const names = await this.#files.list(this.#directory);
    // The files that were moved before are compared once; the file itself may come back any time.
    if (this.#lookedAtMs === undefined) {
      for (const name of names.filter(isMoved)) await this.#compare(name, target);
    }
    if (names.includes(ledgerFileName)) await this.#move(names, target);
    this.#lookedAtMs = nowMs;
  }

  async #move(names: readonly string[], target: MoveTarget): Promise<void> {
    const path = `${this.#directory}/${ledgerFileName}`;
    using file = await this.#files.lock(path);
    if (file === null) return; // another process has moved it meanwhile
    await takeIn(path, file.bytes, target);
    await this.#files.rename(path, `${this.#directory}/${freeName(names)}`);
  }

  async #compare(name: string, target: MoveTarget): Promise<void> {
    const path = `${this.#directory}/${name}`;
    using file = await this.#files.lock(path);
    if (file === null || await target.hasMoved(await digestOf(file.bytes))) return;
    if (!await target.hasMoved()) {
      throw new DariError(
        "data",
        `"${path}" was moved into a store that is not this one; restore "${limits.storeFile}" from ` +
          `a backup, or rename the file to "${ledgerFileName}" to go on with what it holds`,
      );
    }
    await takeIn(path, file.bytes, target);
  }
}

async function takeIn(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  target: MoveTarget,
): Promise<void> {
  const events = eventsOf(path, bytes);
  await target.moveIn(await digestOf(bytes), () => newEvents(path, events, target.entries));
}

/** The events of the whole lines; a last line that a crash has cut was never acknowledged. */
function eventsOf(path: string, bytes: Uint8Array): LedgerEvent[] {
  const entries = new LedgerEntries();
  return new TextDecoder().decode(bytes).split("\n").slice(0, -1).map((line, i) => {
    try {
      const event = parseLedgerLine(line);
      entries.apply(event);
      return event;
    } catch (cause) {
      throw new DariError(
        "data",
        `Line ${i + 1} of the ledger "${path}" cannot be used: ${reasonOf(cause)}; ` +
          "restore the file from a backup",
        { cause },
      );
    }
  });
}

/** The events that say something new about what is known. */
function newEvents(
  path: string,
  events: readonly LedgerEvent[],
  known: LedgerEntries,
): LedgerEvent[] {
  const entries = known.copy();
  return events.filter((event) => {
    if (!isNew(path, event, entries)) return false;
    entries.apply(event);
    return true;
  });
}

function isNew(path: string, event: LedgerEvent, entries: LedgerEntries): boolean {
  switch (event.event) {
    case "revoked":
      return entries.isNews(event);
    case "listed":
      return BigInt(`0x${event.number}`) > entries.listNumber(event.authority);
    case "issued": {
      const entry = entries.get(event.serial);
      if (entry === undefined) return true;
      if (entry.atMs === event.atMs && entry.authority === event.authority) return false;
      throw new DariError(
        "data",
        `The ledger "${path}" and the store have different certificates of serial ${event.serial}; ` +
          "restore both from one backup",
      );
    }
    default:
      return event satisfies never;
  }
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeHex(await crypto.subtle.digest("SHA-256", bytes));
}

const MOVED_NAME = `${ledgerFileName}.migrated`;

function isMoved(name: string): boolean {
  return name === MOVED_NAME || name.startsWith(`${MOVED_NAME}.`);
}

function freeName(names: readonly string[]): string {
  let name = MOVED_NAME;
  for (let number = 2; names.includes(name); number++) name = `${MOVED_NAME}.${number}`;
  return name;
}

/** The disk itself. */
export const diskFiles: MoveFiles = {
  async list(directory) {
    try {
      return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return [];
      throw new DariError("io", `Cannot read "${directory}": ${reasonOf(cause)}`, { cause });
    }
  },
  async lock(path) {
    try {
      return await lockFile(path);
    } catch (error) {
      if (error instanceof DariError && error.cause instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  },
  async rename(from, to) {
    try {
      await Deno.rename(from, to);
      await syncDirectory(to.slice(0, to.lastIndexOf("/")));
    } catch (cause) {
      throw new DariError("io", `Cannot rename "${from}" to "${to}": ${reasonOf(cause)}`, {
        cause,
      });
    }
  },
};
