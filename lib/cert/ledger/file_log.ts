/**
 * The events of a ledger as lines of a file. Lines are only ever added, so a crash can cut at most
 * the last one.
 *
 * `#offset` is the end of the last whole line that was read, `#lines` how many lines end there, and
 * `entries` what they add up to: the three change together.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { AuthorityGuard } from "./authority_guard.ts";
import { LedgerEntries } from "./entries.ts";
import { type LedgerEvent, parseLedgerLine } from "./event.ts";
import type { EventLog, Follower } from "./event_log.ts";

/** The name of the file in a data directory. */
export const ledgerFileName = "certificates.jsonl";

const LF = 0x0a;

/** The events in `certificates.jsonl` of a data directory. */
export class FileLog implements EventLog {
  readonly entries: LedgerEntries = new LedgerEntries();
  readonly #path: string;
  readonly #storePath: string;
  readonly #clock: Clock;
  readonly #guard: AuthorityGuard;
  #offset = 0;
  #lines = 0;
  /** Whose lines were read; `null` before the first. */
  #inode: number | null = null;

  /**
   * Names the file; nothing is read or made yet.
   *
   * @param directory The data directory.
   * @param clock What the pauses between two looks at the file are measured with.
   */
  constructor(directory: string, clock: Clock) {
    this.#path = `${directory}/${ledgerFileName}`;
    this.#storePath = `${directory}/${limits.storeFile}`;
    this.#clock = clock;
    this.#guard = new AuthorityGuard(directory, this.#path);
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async refresh(): Promise<void> {
    this.#refresh();
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async follow(): Promise<Follower> {
    this.#refresh();
    let readAtMs = this.#clock.monotonic();
    return {
      check: () => {
        const nowMs = this.#clock.monotonic();
        if (nowMs - readAtMs < limits.revocationCheckMs) return;
        this.#refresh();
        readAtMs = nowMs;
      },
      [Symbol.dispose]: () => {},
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(); // the file is open only while it is read or written
  }

  #refresh(): void {
    const expected = this.#guard.expected();
    this.#read();
    this.#guard.check(expected, this.entries);
  }

  #read(): void {
    const status = this.#status();
    if (status === null) return this.#forget(null);
    // Restored from a backup or cut: nothing that was read before may stand.
    if (status.ino !== this.#inode || status.size < this.#offset) this.#forget(status.ino);
    if (status.size === this.#offset) return;
    try {
      using file = Deno.openSync(this.#path, { read: true });
      this.#take(readFrom(file, this.#offset));
    } catch (cause) {
      throw this.#failure("read", cause);
    }
  }

  async append(decide: () => readonly LedgerEvent[]): Promise<void> {
    this.#status();
    try {
      using file = await Deno.open(this.#path, {
        read: true,
        write: true,
        create: true,
        mode: 0o600,
      });
      await file.lock(true); // released when the file is closed
      // The file may have been moved while this waited for the lock; its lines are elsewhere now.
      if (this.#status()?.ino !== (await file.stat()).ino) return await this.append(decide);
      if (Deno.build.os !== "windows") await Deno.chmod(this.#path, 0o600);
      this.#refresh();
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
      status = Deno.lstatSync(this.#path);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw this.#failure("read", cause);
      this.#refuseBesideStore();
      return null;
    }
    if (!status.isFile) {
      throw new DariError("configuration", `The ledger "${this.#path}" is not a regular file`);
    }
    return status;
  }

  /** Two ledgers of one authority would not know each other's revocations. */
  #refuseBesideStore(): void {
    if (!exists(this.#storePath)) return;
    throw new DariError(
      "configuration",
      `The ledger of this data directory is in the store "${this.#storePath}"; open it there with ` +
        "openStoreLedger",
    );
  }

  /** Takes in the whole lines of these bytes, which stand in the file from the offset on. */
  #take(bytes: Uint8Array): void {
    const end = bytes.lastIndexOf(LF) + 1;
    const lines = new TextDecoder().decode(bytes.subarray(0, end)).split("\n").slice(0, -1);
    for (const line of lines) {
      this.#lines++;
      try {
        this.entries.apply(parseLedgerLine(line));
      } catch (cause) {
        const number = this.#lines;
        this.#forget(null);
        throw new DariError(
          "data",
          `Line ${number} of the ledger "${this.#path}" cannot be used: ${reasonOf(cause)}; ` +
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
    return new DariError("io", `Cannot ${verb} the ledger "${this.#path}": ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
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
