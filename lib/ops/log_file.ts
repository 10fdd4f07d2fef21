/**
 * A file that log lines are written to, which is put aside when it has grown.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { closeLocked } from "../base/file/close_locked.ts";
import { reasonOf } from "../base/file/reason.ts";
import { limits } from "../base/limits.ts";
import { MiB } from "../base/limits/units.ts";
import type { LineWriter } from "./line_queue.ts";
import { isSameFile, lookAt, openLogFile, putAside } from "./log_files.ts";

/** How a {@linkcode LogFile} is kept. */
export interface LogFileOptions {
  /** The file is put aside before it grows beyond so many bytes. @default {10 MiB} */
  readonly maxBytes?: number | undefined;
  /** How many files that were put aside are kept; with 0 none is put aside. @default {5} */
  readonly keep?: number | undefined;
  /**
   * Hears of trouble with the file, which cannot be told in it.
   *
   * @param line What happened, in one sentence.
   * @param level How serious it is.
   */
  readonly tell: (line: string, level: "info" | "warn" | "error") => void;
}

/**
 * Writes whole lines to a file, or nothing of them. FILE grows to its bound and becomes FILE.1, which
 * becomes FILE.2, and so on; the oldest is removed. Another program may move FILE away or remove it:
 * the next lines begin a new one. Only one program at a time writes to a file.
 *
 * @example
 * ```ts
 * import { LogFile } from "./log_file.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/dari.log`;
 * using file = await LogFile.open(path, { tell: console.error });
 * await file.write(new TextEncoder().encode("a line\n"));
 * assertEquals(await Deno.readTextFile(path), "a line\n");
 * ```
 */
export class LogFile implements LineWriter, Disposable {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #tell: LogFileOptions["tell"];
  /** Closed when another one takes its place, and in the end by `[Symbol.dispose]`. */
  #file: Deno.FsFile;
  /** What could not be done, each told once until it has been done. */
  readonly #troubles = new Map<string, string>();
  /** Whether a part of a line stands at the end, because the disk was full and the cut failed too. */
  #isTorn = false;
  /** The write or look that is under way; the next one follows it. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: Deno.FsFile, options: LogFileOptions) {
    this.#path = path;
    this.#file = file;
    this.#maxBytes = options.maxBytes ?? limits.logFileBytes;
    this.#keep = options.keep ?? limits.logFilesKept;
    this.#tell = options.tell;
  }

  /**
   * Opens the file, and makes it where there is none.
   *
   * @param path The file.
   * @param options How it is kept.
   * @throws {DariError} `configuration` where something else than a log of this user stands there,
   * `failed_precondition` where another program writes to it, `io` where it cannot be opened.
   */
  static async open(path: string, options: LogFileOptions): Promise<LogFile> {
    return new LogFile(path, await openLogFile(path), options);
  }

  /**
   * Writes lines. They are all in one file.
   *
   * @param bytes Whole lines.
   * @returns Their length.
   * @throws Why they could not be written; then nothing of them is in the file.
   */
  write(bytes: Uint8Array): Promise<number> {
    return this.#inTurn(async () => {
      const size = await this.#prepare(bytes.length);
      try {
        await this.#append(bytes, size);
      } catch (cause) {
        const reason = reasonOf(cause);
        const waits = `up to ${limits.maxLogQueueBytes / MiB} MiB of lines wait`;
        const what = `Cannot write the log file "${this.#path}": ${reason}; ${waits}`;
        this.#fails("write", what, "error");
        throw cause;
      }
      this.#succeeds("write");
      return bytes.length;
    });
  }

  /** Looks at once whether another program has moved the file away, and begins a new one if so. */
  async reopen(): Promise<void> {
    await this.#inTurn(() => this.#prepare(0)).catch(() => {}); // it was told
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    closeLocked(this.#file);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Makes sure that the file is the one that the path names and has room; gives its size. */
  async #prepare(length: number): Promise<number> {
    const open = await this.#file.stat();
    const named = await lookAt(this.#path);
    if (named === undefined || !isSameFile(open, named)) return await this.#begin(open.size);
    this.#succeeds("open");
    const isFull = open.size > 0 && open.size + length > this.#maxBytes;
    if (!isFull || this.#keep === 0) return open.size;
    try {
      await putAside(this.#path, this.#keep);
    } catch (cause) {
      const reason = reasonOf(cause);
      // Lines are worth more than the bound.
      this.#fails("rotate", `Cannot put the log file "${this.#path}" aside: ${reason}; it goes on`);
      return open.size;
    }
    this.#succeeds("rotate");
    return await this.#begin(open.size);
  }

  /**
   * Goes on in a new file. Where that cannot be, lines go to the one that is open, wherever its name
   * is by now.
   */
  async #begin(openSize: number): Promise<number> {
    let file: Deno.FsFile;
    try {
      file = await openLogFile(this.#path);
    } catch (cause) {
      const message = cause instanceof DariError ? cause.message : reasonOf(cause);
      this.#fails("open", `${message}; the log goes on in the file that was moved`);
      return openSize;
    }
    closeLocked(this.#file);
    this.#file = file;
    this.#isTorn = false;
    this.#succeeds("open");
    return (await file.stat()).size;
  }

  async #append(bytes: Uint8Array, size: number): Promise<void> {
    if (this.#isTorn) bytes = Uint8Array.of(LF, ...bytes);
    try {
      for (let sent = 0; sent < bytes.length;) {
        sent += await this.#file.write(bytes.subarray(sent));
      }
      this.#isTorn = false;
    } catch (cause) {
      await this.#file.truncate(size).catch(() => this.#isTorn = true);
      throw cause;
    }
  }

  #fails(what: string, line: string, level: "warn" | "error" = "warn"): void {
    if (this.#troubles.get(what) === line) return;
    this.#troubles.set(what, line);
    this.#tell(line, level);
  }

  #succeeds(what: string): void {
    if (!this.#troubles.delete(what)) return;
    this.#tell(MENDED[what]!.replace("FILE", JSON.stringify(this.#path)), "info");
  }
}

const LF = 0x0a;

/** What is said once something works that did not. */
const MENDED: Readonly<Record<string, string>> = {
  write: "The log file FILE is written again",
  open: "The log file FILE is open again",
  rotate: "The log file FILE was put aside at last",
};
