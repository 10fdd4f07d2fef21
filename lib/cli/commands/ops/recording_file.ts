/**
 * The file of a recording: written while calls are tapped, read by `dari policy try`.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { reasonOf } from "../../../base/file/reason.ts";
import { limits } from "../../../base/limits.ts";
import { parseRecording, type Recording, recordingHead } from "../../../ops/tap/recording.ts";
import type { TapBatch } from "../../../ops/tap/tap_queue.ts";

/** A recording that is written; only its owner can read it. */
export class RecordingFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #maxBytes: number;
  #bytes = 0;

  private constructor(path: string, file: Deno.FsFile, maxBytes: number) {
    this.#path = path;
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  /**
   * Begins a new file.
   *
   * @param path Its path.
   * @param maxBytes The most that is written.
   * @throws {DariError} `already_exists` where there is a file, `io` where it cannot be written.
   */
  static async create(
    path: string,
    maxBytes: number = limits.maxRecordingBytes,
  ): Promise<RecordingFile> {
    try {
      const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
      const recording = new RecordingFile(path, file, maxBytes);
      await recording.#write([recordingHead(Date.now())]);
      return recording;
    } catch (cause) {
      if (cause instanceof Deno.errors.AlreadyExists) {
        const message = `"${path}" exists already; remove it, or name another file`;
        throw new DariError("already_exists", message, { cause });
      }
      throw ioError(path, cause);
    }
  }

  /**
   * Adds calls.
   *
   * @param batch The calls.
   * @returns Whether there is room for more.
   * @throws {DariError} `io` where they cannot be written.
   */
  async add({ calls, missed }: TapBatch): Promise<boolean> {
    const lines = calls.map((call) => JSON.stringify(call));
    if (missed > 0) lines.unshift(JSON.stringify({ missed }));
    if (lines.length > 0) await this.#write(lines);
    return this.#bytes < this.#maxBytes;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** Whole lines, as far as there is room. */
  async #write(lines: readonly string[]): Promise<void> {
    const encoder = new TextEncoder();
    try {
      for (const line of lines) {
        const bytes = encoder.encode(`${line}\n`);
        if (this.#bytes + bytes.length > this.#maxBytes) {
          this.#bytes = this.#maxBytes;
          return;
        }
        for (let sent = 0; sent < bytes.length;) {
          sent += await this.#file.write(bytes.subarray(sent));
        }
        this.#bytes += bytes.length;
      }
    } catch (cause) {
      throw ioError(this.#path, cause);
    }
  }
}

/**
 * Reads a recording.
 *
 * @param path The file.
 * @throws {DariError} `io` where it cannot be read, `data` where it is no recording, is of another
 * version, is damaged or is too large.
 */
export async function readRecording(path: string): Promise<Recording> {
  let text: string;
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new DariError("data", `"${path}" is not a regular file`);
    if (size > limits.maxRecordingBytes) throw new DariError("data", `"${path}" is too large`);
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
  }
  return parseRecording(text, path);
}

function ioError(path: string, cause: unknown): DariError {
  return new DariError("io", `Cannot write "${path}": ${reasonOf(cause)}`, { cause });
}
