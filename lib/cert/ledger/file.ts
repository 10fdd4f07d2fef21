/**
 * The ledger's file: lines that are only ever added, so that a crash can cut at most the last one.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/files.ts";
import { applyEvent, type LedgerEntry, type LedgerEvent, parseLedgerLine } from "./event.ts";

const LF = 0x0a;

/** The part of the file that has been read, and what it says. */
export class LedgerFile {
  /** Where the file is. */
  readonly path: string;
  /** What its whole lines say, by serial, in the order in which they were issued. */
  readonly entries: Map<string, LedgerEntry> = new Map();
  #offset = 0;
  #lines = 0;
  #inode: number | null = null;

  /** @param path Where the file is; it need not exist. */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Reads what has been added since the last time, by this process or another.
   *
   * @throws {DariError} `data` when a whole line cannot be read, `io` when the file cannot.
   */
  refresh(): void {
    const status = this.#status();
    if (status === null) return this.#forget(null);
    // Restored from a backup or cut: nothing that was read before may stand.
    if (status.ino !== this.#inode || status.size < this.#offset) this.#forget(status.ino);
    if (status.size === this.#offset) return;
    try {
      using file = Deno.openSync(this.path, { read: true });
      this.#take(readFrom(file, this.#offset));
    } catch (cause) {
      throw this.#failure("read", cause);
    }
  }

  /**
   * Adds events under the file's lock, so that what `decide` saw still holds when they are written.
   *
   * @param decide Called once the file is locked and read; gives the events to add.
   * @returns Once the events have reached the disk.
   */
  async append(decide: () => readonly LedgerEvent[]): Promise<void> {
    this.#status();
    try {
      using file = await Deno.open(this.path, {
        read: true,
        write: true,
        create: true,
        mode: 0o600,
      });
      await file.lock(true); // released when the file is closed
      if (Deno.build.os !== "windows") await Deno.chmod(this.path, 0o600);
      this.refresh();
      const events = decide();
      if (events.length === 0) return;
      const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
      const bytes = new TextEncoder().encode(lines);
      // A last line that a crash has cut was never acknowledged: it makes way for the next one.
      await file.truncate(this.#offset);
      await file.seek(this.#offset, Deno.SeekMode.Start);
      for (let sent = 0; sent < bytes.length;) sent += await file.write(bytes.subarray(sent));
      await file.syncData();
      this.#take(bytes);
    } catch (cause) {
      throw this.#failure("write", cause);
    }
  }

  #status(): Deno.FileInfo | null {
    let status: Deno.FileInfo;
    try {
      status = Deno.lstatSync(this.path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return null;
      throw this.#failure("read", cause);
    }
    if (!status.isFile) {
      throw new DariError("configuration", `The ledger "${this.path}" is not a regular file`);
    }
    return status;
  }

  /** Takes in the whole lines of these bytes, which stand in the file from the offset on. */
  #take(bytes: Uint8Array): void {
    const end = bytes.lastIndexOf(LF) + 1;
    const lines = new TextDecoder().decode(bytes.subarray(0, end)).split("\n").slice(0, -1);
    for (const line of lines) {
      this.#lines++;
      try {
        applyEvent(this.entries, parseLedgerLine(line));
      } catch (cause) {
        const number = this.#lines;
        this.#forget(null);
        throw new DariError(
          "data",
          `Line ${number} of the ledger "${this.path}" cannot be used: ${reasonOf(cause)}; ` +
            "restore the file from a backup",
          { cause },
        );
      }
    }
    this.#offset += end;
  }

  #forget(inode: number | null): void {
    this.entries.clear();
    this.#offset = 0;
    this.#lines = 0;
    this.#inode = inode;
  }

  #failure(verb: string, cause: unknown): DariError {
    if (cause instanceof DariError) return cause;
    return new DariError("io", `Cannot ${verb} the ledger "${this.path}": ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function readFrom(file: Deno.FsFile, offset: number): Uint8Array {
  file.seekSync(offset, Deno.SeekMode.Start);
  const bytes = new Uint8Array(file.statSync().size - offset);
  let read = 0;
  while (read < bytes.length) {
    const count = file.readSync(bytes.subarray(read));
    if (count === null) break;
    read += count;
  }
  return bytes.subarray(0, read);
}
