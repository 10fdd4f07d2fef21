/**
 * Files that arrive inside values.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { createSha256 } from "../../base/file/sha256.ts";
import { limits } from "../../base/limits.ts";
import type { ArrivedFile, BytesOptions, SaveOptions } from "../../protocol/arrived.ts";
import { type FileInfo, fileInfo, type FileSource } from "../../protocol/values/stream_source.ts";
import type { ItemStream } from "../stream/item_stream.ts";
import { baseName } from "./base_name.ts";
import { CheckedPieces } from "./checked_pieces.ts";

/**
 * A file that arrives. Nothing of it is sent before its reader begins, and it can be read once: by
 * `saveTo`, `bytes`, `stream`, `from` or as an async iterable. Sent again, it goes on as a file.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, type ReceivedFile, serve } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * const memory = listenMemory();
 * await using server = await serve({
 *   listen: memory,
 *   methods: {
 *     upload: ({ file }: { file: ReceivedFile }) => file.saveTo(`${directory}/upload`),
 *   },
 * });
 * await using client = await connect(memory);
 * await client.call("upload", { file: new Blob(["hello"]) });
 * assertEquals(await Deno.readTextFile(`${directory}/upload`), "hello");
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class ReceivedFile implements ArrivedFile, FileSource {
  declare readonly arrived?: true;
  /** Its name without folders, where the sender said one. It is a stranger's word: look at it first. */
  readonly name?: string;
  /** Its length in bytes, as the sender said it. */
  readonly size: number;
  /** Its media type, where the sender said it. */
  readonly type?: string;
  readonly #items: ItemStream<unknown>;
  #isBegun = false;

  /**
   * Made by the connection that it arrives on.
   *
   * @param info What the sender said of it.
   * @param items Its bytes.
   */
  constructor({ name, size, type }: FileInfo, items: ItemStream<unknown>) {
    const own = name === undefined ? undefined : baseName(name);
    if (own !== undefined) this.name = own;
    this.size = size;
    if (type !== undefined) this.type = type;
    this.#items = items;
  }

  /** What is told of it where it is sent again. */
  get [fileInfo](): FileInfo {
    return { name: this.name, size: this.size, type: this.type };
  }

  /** Its bytes, where it is sent again. */
  read(): AsyncIterable<Uint8Array> {
    return this;
  }

  /** Its bytes, piece by piece. The last `next` rejects with `data` where they are not what was sent. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array<ArrayBuffer>> {
    this.#begin(0);
    const { size } = this;
    return new CheckedPieces(this.#items, { size, offset: 0, hash: createSha256() });
  }

  /**
   * Reads it from a byte on. Its length is compared with what the sender said, its hash is not.
   *
   * @param offset The byte.
   * @returns Its bytes, piece by piece.
   * @throws {RangeError} For an offset beyond its end.
   * @throws {TypeError} Where it is being read already.
   */
  from(offset: number): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > this.size) {
      throw new RangeError(`${offset} is no byte of a file that has ${this.size}`);
    }
    this.#begin(offset);
    return new CheckedPieces(this.#items, { size: this.size, offset, hash: undefined });
  }

  /**
   * Reads it as a web stream.
   *
   * @returns Its bytes, piece by piece; each is asked for when it is read.
   * @throws {TypeError} Where it is being read already.
   */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const pieces = this[Symbol.asyncIterator]();
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void await pieces.return?.(),
    }, { highWaterMark: 0 });
  }

  /**
   * Reads all of it into memory.
   *
   * @param options How much that may be.
   * @returns Its bytes.
   * @throws {DariError} `resource_exhausted` for a longer file, of which nothing is read then; `data`
   * where what came is not what was sent.
   * @throws {TypeError} Where it is being read already.
   */
  async bytes(
    { maxBytes = limits.maxFileBytesInMemory }: BytesOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (this.size > maxBytes) {
      this.end();
      throw new DariError(
        "resource_exhausted",
        `The file has ${this.size} bytes, and at most ${maxBytes} are read into memory`,
        { retryable: false },
      );
    }
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of this) pieces.push(piece);
    return new Uint8Array(await new Blob(pieces).arrayBuffer());
  }

  /**
   * Saves it, readable by its owner alone. It is written as `PATH.part` and gets its name once it is
   * complete, its hash is right and it is on the disk. Where it breaks off, `PATH.part` stays, and the
   * next file that is saved to the same path goes on from there.
   *
   * @param path Where. Do not make it of `name` without looking at that first.
   * @param options Whether it may replace a file; who is told how far it is, and what ends it.
   * @throws {DariError} `already_exists` where there is a file; `data` where what came, or lay there, is
   * not what was sent: `PATH.part` is removed then; `unavailable` while another call saves to the same
   * path; `failed_precondition` outside of Deno; `configuration` where `PATH.part` is somebody else's; `io` where it cannot be written; what
   * ended the stream.
   * @throws {TypeError} Where it is being read already.
   */
  async saveTo(path: string, options: SaveOptions = {}): Promise<void> {
    try {
      if (!("Deno" in globalThis)) throw noDisk();
      const { saveFile } = await import("./save_file.ts");
      const { size } = this;
      await saveFile({ size, items: this.#items, begin: (at) => this.#begin(at) }, path, options);
    } finally {
      this.end();
    }
  }

  /** Ends it where nobody reads it, or no further. */
  end(): void {
    this.#items.return();
  }

  #begin(offset: number): void {
    if (this.#isBegun) throw new TypeError("The file is being read already; it can be read once");
    this.#isBegun = true;
    this.#items.begin(offset === 0 ? undefined : offset);
  }
}

/** The client for Node, Bun and browsers has none of its own. */
function noDisk(): DariError {
  return new DariError(
    "failed_precondition",
    "Only programs of Deno save files with saveTo; read the file with stream() or bytes()",
  );
}
