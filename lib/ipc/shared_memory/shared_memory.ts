/**
 * Memory with a name, that holds one message which a reader never sees half written.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { timedOut, type WaitOptions } from "../wait/event.ts";
import {
  adoptMemory,
  createMemory,
  type NamedMemory,
  openMemory,
  type Reach,
  unlinkMemory,
} from "./memory_names.ts";
import { decodeValue, encodeValue, kind } from "../ring/value.ts";
import { MIN_MESSAGE_MEMORY_BYTES, VersionedMessage } from "./versioned_message.ts";

export type { Reach } from "./memory_names.ts";

const { maxSharedMemoryBytes: MAX_BYTES } = limits;

/** Memory of reach `workers`, as posted to another thread. */
export interface SharedMemoryDescriptor {
  /** What this is. */
  readonly type: "dari.shared-memory";
  /** Its name. */
  readonly name: string;
  /** The memory. */
  readonly buffer: SharedArrayBuffer;
}

/**
 * Memory with a name. It holds a message behind its length (4 bytes, big-endian), and in its last
 * aligned word a version counter: odd while somebody writes, then even and higher by two. Python's
 * `multiprocessing.shared_memory` opens the same names:
 *
 * ```python
 * import json, struct
 * from multiprocessing.shared_memory import SharedMemory
 * shm = SharedMemory("dari_demo")
 * at = len(shm.buf) // 4 * 4 - 4
 * version = shm.buf[at:at + 4].cast("I") # one load, one store; struct.pack_into makes two stores
 * def read():
 *     while True:
 *         before = version[0]
 *         length, = struct.unpack_from(">I", shm.buf, 0)
 *         data = bytes(shm.buf[4:4 + length])
 *         if before % 2 == 0 and version[0] == before: return json.loads(data)
 * def write(value): # the only writer
 *     data = json.dumps(value).encode()
 *     version[0] += 1
 *     shm.buf[:4 + len(data)] = struct.pack(">I", len(data)) + data
 *     version[0] += 1
 * ```
 *
 * @example
 * ```ts
 * import { SharedMemory } from "@dari/dari/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * using memory = SharedMemory.create("status", 1_024, { reach: "workers" });
 * memory.write({ status: "running", count: 42 });
 * assertEquals(await memory.read(), { status: "running", count: 42 });
 * memory.unlink();
 * ```
 */
export class SharedMemory implements Disposable {
  /** Its name. */
  readonly name: string;
  /** Who can open it. */
  readonly reach: Reach;
  /** Its size in bytes. */
  readonly size: number;
  readonly #memory: NamedMemory;
  /** Gone once closed: a look at memory that was given back would bring the process down. */
  #message: VersionedMessage | undefined;

  private constructor(name: string, reach: Reach, memory: NamedMemory) {
    this.name = name;
    this.reach = reach;
    this.size = memory.bytes.length;
    this.#memory = memory;
    this.#message = new VersionedMessage(memory.bytes);
  }

  /**
   * Creates memory under a new name, for this user alone.
   *
   * @param name Letters, digits, `_`, `-` and `.`; not longer than 250.
   * @param size Its size in bytes, of which 8 are the length and the version; 16 to 2^31.
   * @param options Who can open it; `processes` needs `--allow-ffi`.
   * @returns The memory, whose message is empty.
   * @throws {TypeError} where the name is not valid.
   * @throws {RangeError} where the size is out of range.
   * @throws {DariError} `already_exists` where the name is taken, `permission_denied` without
   * `--allow-ffi`, `io` where the system refused.
   */
  static create(name: string, size: number, options: { reach?: Reach } = {}): SharedMemory {
    const { reach = "processes" } = options;
    if (!(Number.isInteger(size) && size >= MIN_MESSAGE_MEMORY_BYTES && size <= MAX_BYTES)) {
      throw new RangeError(
        `A size of ${size} bytes is out of range; give ${MIN_MESSAGE_MEMORY_BYTES} to 2^31`,
      );
    }
    return new SharedMemory(name, reach, createMemory(name, size, reach));
  }

  /**
   * Opens memory that was created under a name.
   *
   * @param name Its name.
   * @param options Its reach, and the size in bytes that it must have.
   * @returns The memory.
   * @throws {TypeError} where the name is not valid.
   * @throws {DariError} `not_found` where nothing has the name, `failed_precondition` where its
   * size is another, `permission_denied` without `--allow-ffi`.
   */
  static open(name: string, options: { reach?: Reach; size?: number } = {}): SharedMemory {
    const { reach = "processes" } = options;
    const memory = openMemory(name, reach);
    const { length } = memory.bytes;
    if (length >= MIN_MESSAGE_MEMORY_BYTES && (options.size ?? length) === length) {
      return new SharedMemory(name, reach, memory);
    }
    memory.release();
    const expected = options.size ?? `${MIN_MESSAGE_MEMORY_BYTES} or more`;
    throw new DariError(
      "failed_precondition",
      `Shared memory "${name}" has ${length} bytes, not ${expected}`,
    );
  }

  /**
   * Opens memory of reach `workers` that another thread has posted; from then on `open` finds it.
   *
   * @param descriptor What `descriptor` gave there.
   * @returns The memory.
   */
  static from(descriptor: SharedMemoryDescriptor): SharedMemory {
    const { name, buffer } = descriptor;
    return new SharedMemory(name, "workers", adoptMemory(name, buffer));
  }

  /** The memory as it can be posted to another thread; only with reach `workers`. */
  get descriptor(): SharedMemoryDescriptor {
    const { buffer } = this.#memory.bytes;
    if (!(buffer instanceof SharedArrayBuffer)) {
      throw new TypeError("Memory of reach `processes` is opened by its name, not posted");
    }
    return { type: "dari.shared-memory", name: this.name, buffer };
  }

  /** The longest message, in bytes. */
  get maxMessageBytes(): number {
    return this.#usable().maxBytes;
  }

  /** How many times it was written, times two; odd while somebody writes. */
  get version(): number {
    return this.#usable().version;
  }

  /**
   * Writes a message in the place of the last one.
   *
   * @param value Bytes, or what JSON can express.
   * @param options `repair`: go on where another writer died half-way. Only for who knows that it
   * has died: two that write at once would mix their messages.
   * @returns The version that readers now see.
   * @throws {TypeError} on a value that JSON cannot express.
   * @throws {DariError} `resource_exhausted` on a message that is too long, `unavailable` while
   * another writes or where it died half-way, `failed_precondition` where it is closed.
   */
  write(value: unknown, options: { repair?: boolean } = {}): number {
    const { bytes } = encodeValue(value, "json");
    const message = this.#usable();
    if (bytes.length > message.maxBytes) {
      throw new DariError(
        "resource_exhausted",
        `A message of ${bytes.length} bytes is longer than the ${message.maxBytes} of "${this.name}"`,
        { retryable: false },
      );
    }
    const version = message.write(bytes, options.repair ?? false);
    if (version === undefined) throw this.#busy();
    return version;
  }

  /**
   * Reads the message as a JSON value, waiting while somebody writes.
   *
   * @param options Timeout and signal; without a timeout, a writer is taken for dead that has made
   * no progress for two seconds.
   * @returns The value; `undefined` where nothing was written yet.
   * @throws {DariError} `unavailable` where a writer died half-way, `data` where the memory holds
   * no JSON, `failed_precondition` where it is closed.
   */
  async read(options: WaitOptions = {}): Promise<unknown> {
    const bytes = await this.readBytes(options);
    return bytes.length === 0 ? undefined : decodeValue(kind.json, bytes);
  }

  /**
   * Reads the message as bytes, waiting while somebody writes.
   *
   * @param options Timeout and signal, and the buffer to read into where it is long enough.
   * @returns The bytes.
   * @throws {DariError} As `read`.
   */
  async readBytes(
    options: WaitOptions & { into?: Uint8Array<ArrayBuffer> } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { into, ...limit } = options;
    const stallMs = limits.stallSliceMs * limits.stallSlices;
    const read = () => this.#usable().read(into);
    const found = read() ??
      await this.#usable().wait(
        read,
        limit.timeoutMs === undefined ? { ...limit, stallMs } : limit,
      );
    if (found === undefined) throw this.#busy();
    if (typeof found !== "number") return found;
    throw new DariError(
      "data",
      `Shared memory "${this.name}" holds no message of dari's: its length reads ${found}`,
    );
  }

  /**
   * Waits until something newer than a version was written.
   *
   * @param version The version seen last.
   * @param options Timeout and signal.
   * @returns The new version.
   * @throws {DariError} `deadline_exceeded` when the time ran out, `failed_precondition` where the
   * memory is closed.
   */
  async changed(version: number, options: WaitOptions = {}): Promise<number> {
    // While one message is being written, the one before it counts.
    const written = (at: number) => (at & ~1) >>> 0;
    const changed = await this.#usable().wait(() => {
      const now = written(this.version);
      return now !== written(version) ? now : undefined;
    }, options);
    if (changed === undefined) throw timedOut(`A write to "${this.name}"`, options.timeoutMs);
    return changed;
  }

  /** Gives the memory back; the name and other users of it stay. A second time does nothing. */
  close(): void {
    if (this.#message === undefined) return;
    this.#message = undefined;
    this.#memory.release();
  }

  /**
   * Removes the name; who has the memory open keeps it.
   *
   * @throws {DariError} `not_found` where the name is gone already.
   */
  unlink(): void {
    unlinkMemory(this.name, this.reach);
  }

  /** As `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #busy(): DariError {
    return new DariError(
      "unavailable",
      `Shared memory "${this.name}" is being written, or its writer died half-way; ` +
        `then write with { repair: true }`,
    );
  }

  #usable(): VersionedMessage {
    if (this.#message !== undefined) return this.#message;
    throw new DariError("failed_precondition", `Shared memory "${this.name}" is closed`);
  }
}
