/**
 * Memory with a name that holds one message. Readers never see a half-written one.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { turnIfDue } from "../../base/turn.ts";
import { timedOut, type WaitOptions } from "../wait/event.ts";
import {
  adoptMemory,
  createMemory,
  type NamedMemory,
  openMemory,
  type SharedMemoryDescriptor,
  type SharedMemoryScope,
  unlinkMemory,
} from "./named_memory.ts";
import { decodeValue, encodePlain, kind } from "../ring/value.ts";
import { OpenMemory } from "./open_memory.ts";

export type { SharedMemoryDescriptor, SharedMemoryScope } from "./named_memory.ts";

const { minSharedMemoryBytes: MIN_BYTES, maxSharedMemoryBytes: MAX_BYTES } = limits;

/**
 * Memory with a name. It holds the length of a message (4 bytes, big-endian), the message, and in its
 * last aligned word a version, which is odd while a writer is at work and two higher afterwards.
 * Python's `multiprocessing.shared_memory` opens the same names:
 *
 * ```python
 * import json, struct
 * from multiprocessing import resource_tracker
 * from multiprocessing.shared_memory import SharedMemory
 * shm = SharedMemory("dari_demo")
 * # Otherwise Python removes the name when it exits, although it has only opened the memory.
 * resource_tracker.unregister(shm._name, "shared_memory")
 * at = len(shm.buf) // 4 * 4 - 4
 * version = shm.buf[at:at + 4].cast("I") # one load, one store; struct.pack_into makes two stores
 * def read(): # json.loads(read())
 *     while True:
 *         before = version[0]
 *         length, = struct.unpack_from(">I", shm.buf, 0)
 *         data = bytes(shm.buf[4:4 + length])
 *         if before % 2 == 0 and version[0] == before: return data
 * def write(data): # the only writer: write(json.dumps({"count": 42}).encode())
 *     version[0] += 1
 *     shm.buf[:4 + len(data)] = struct.pack(">I", len(data)) + data
 *     version[0] += 1
 * def close(): # at the end
 *     version.release()
 *     shm.close()
 * ```
 *
 * Python has no memory barriers, so its side is exact on x86-64 and not on ARM.
 *
 * @example
 * ```ts
 * import { SharedMemory } from "@dari/dari/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * using memory = SharedMemory.create("status", 1_024, { scope: "workers" });
 * memory.write({ status: "running", count: 42 });
 * assertEquals(await memory.read(), { status: "running", count: 42 });
 * memory.unlink();
 * ```
 */
export class SharedMemory implements Disposable {
  /** Its name. */
  readonly name: string;
  /** What can open it. */
  readonly scope: SharedMemoryScope;
  /** Its size in bytes. */
  readonly size: number;
  /** Created or opened with this object; closed by `close`. */
  readonly #memory: OpenMemory;

  private constructor(name: string, scope: SharedMemoryScope, memory: NamedMemory) {
    this.name = name;
    this.scope = scope;
    this.size = memory.bytes.length;
    this.#memory = new OpenMemory(name, memory);
  }

  /**
   * Creates memory under a new name. Only the same user can open it.
   *
   * @param name Letters, digits, `_`, `-` and `.`; not longer than 250.
   * @param size Its size in bytes, of which 8 are the length and the version; 16 to 2^31.
   * @param options What can open it; `processes` needs `--allow-ffi`.
   * @returns The memory; its message is empty.
   * @throws {TypeError} where the name is not valid.
   * @throws {RangeError} where the size is out of range.
   * @throws {DariError} `already_exists` where the name is taken, `permission_denied` without
   * `--allow-ffi`, `io` where the system refused.
   */
  static create(
    name: string,
    size: number,
    options: { scope?: SharedMemoryScope } = {},
  ): SharedMemory {
    const { scope = "processes" } = options;
    if (!(Number.isInteger(size) && size >= MIN_BYTES && size <= MAX_BYTES)) {
      throw new RangeError(
        `A size of ${size} bytes is out of range; give ${MIN_BYTES} to ${MAX_BYTES}`,
      );
    }
    return new SharedMemory(name, scope, createMemory(name, size, scope));
  }

  /**
   * Opens memory that was created under a name.
   *
   * @param name Its name.
   * @param options Its scope, and the size in bytes that is expected.
   * @returns The memory.
   * @throws {TypeError} where the name is not valid.
   * @throws {DariError} `not_found` where nothing has the name, `failed_precondition` where it has
   * another size, `permission_denied` without `--allow-ffi`.
   */
  static open(
    name: string,
    options: { scope?: SharedMemoryScope; size?: number } = {},
  ): SharedMemory {
    const { scope = "processes" } = options;
    const memory = openMemory(name, scope);
    const { length } = memory.bytes;
    const isInRange = length >= MIN_BYTES && length <= MAX_BYTES;
    if (isInRange && (options.size ?? length) === length) {
      return new SharedMemory(name, scope, memory);
    }
    memory.release();
    const expected = options.size ?? `${MIN_BYTES} to ${MAX_BYTES}`;
    throw new DariError(
      "failed_precondition",
      `Shared memory "${name}" has ${length} bytes, not ${expected}`,
    );
  }

  /**
   * Opens memory of scope `workers` that another thread has posted; from then on `open` finds it.
   *
   * @param descriptor The `descriptor` of the memory in the other thread.
   * @returns The memory.
   */
  static from(descriptor: SharedMemoryDescriptor): SharedMemory {
    const { name, buffer } = descriptor;
    return new SharedMemory(name, "workers", adoptMemory(name, buffer));
  }

  /**
   * The memory in the form that can be posted to another thread.
   *
   * @throws {TypeError} where the scope is `processes`.
   */
  get descriptor(): SharedMemoryDescriptor {
    const { buffer } = this.#memory;
    if (!(buffer instanceof SharedArrayBuffer)) {
      throw new TypeError(
        "Shared memory of scope `processes` cannot be posted; open it by its name",
      );
    }
    return { type: "dari.shared-memory", name: this.name, buffer };
  }

  /** The longest message, in bytes. */
  get maxMessageBytes(): number {
    return this.#memory.message.maxBytes;
  }

  /** Twice the number of writes, modulo 2^32; odd while a writer is at work. */
  get version(): number {
    return this.#memory.message.version;
  }

  /**
   * Replaces the message.
   *
   * @param value Bytes, or a value. What JSON does not carry is written in its plain form, a Date for
   * instance as ISO 8601 text: other languages read the memory too.
   * @param options `repair`: write although another writer left its write unfinished. Use it only
   * when that writer is known to be dead: two writers at once would mix their messages.
   * @returns The version of the new message.
   * @throws {TypeError} on a value that cannot travel, for instance a function.
   * @throws {DariError} `resource_exhausted` on a message that is too long, `unavailable` while
   * another writer is at work or where it died half-way, `failed_precondition` where the memory is
   * closed.
   */
  write(value: unknown, options: { repair?: boolean } = {}): number {
    const { repair = false } = options;
    const { bytes } = encodePlain(value);
    const { message } = this.#memory;
    if (bytes.length > message.maxBytes) {
      throw new DariError(
        "resource_exhausted",
        `A message of ${bytes.length} bytes is over the ${message.maxBytes} bytes of "${this.name}"`,
        { retryable: false },
      );
    }
    const version = message.write(bytes, repair);
    if (version === undefined) throw this.#busy();
    return version;
  }

  /**
   * Reads the message as a JSON value, and waits while a writer is at work.
   *
   * @param options Timeout and signal; without a timeout, a writer that makes no progress for two
   * seconds counts as dead.
   * @returns The value; `undefined` where nothing was written yet.
   * @throws {DariError} `unavailable` where a writer died half-way, `data` where the memory does not
   * hold JSON, `failed_precondition` where it is closed, before the wait or during it.
   */
  async read(options: WaitOptions = {}): Promise<unknown> {
    const bytes = await this.readBytes(options);
    return bytes.length === 0 ? undefined : decodeValue(kind.json, bytes);
  }

  /**
   * Reads the message as bytes, and waits while a writer is at work.
   *
   * @param options Timeout and signal, and the buffer to read into, used where it is long enough.
   * @returns The bytes.
   * @throws {DariError} As `read`.
   */
  async readBytes(
    options: WaitOptions & { into?: Uint8Array<ArrayBuffer> } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { into, ...limit } = options;
    const stallMs = limits.stallSliceMs * limits.stallSlices;
    const found = this.#memory.message.read(into) ??
      await this.#memory.wait(
        (message) => message.read(into),
        limit.timeoutMs === undefined ? { ...limit, stallMs } : limit,
      );
    if (found === undefined) throw this.#busy();
    if (typeof found !== "number") return turnIfDue()?.then(() => found) ?? found;
    throw new DariError(
      "data",
      `Shared memory "${this.name}" was not written by dari: it claims a length of ${found} bytes`,
    );
  }

  /**
   * Waits for a version other than the one that was seen last.
   *
   * @param version The version that was seen last.
   * @param options Timeout and signal.
   * @returns The new version.
   * @throws {DariError} `deadline_exceeded` when the time is over, `failed_precondition` where the
   * memory is closed, before the wait or during it.
   */
  async changed(version: number, options: WaitOptions = {}): Promise<number> {
    // While a write is in progress, the message before it counts.
    const written = (at: number) => (at & ~1) >>> 0;
    const changed = await this.#memory.wait((message) => {
      const now = written(message.version);
      return now !== written(version) ? now : undefined;
    }, options);
    if (changed === undefined) throw timedOut(`A write to "${this.name}"`, options.timeoutMs);
    return turnIfDue()?.then(() => changed) ?? changed;
  }

  /**
   * Releases the memory here; its name and its other users stay. Waits that are in progress reject
   * with `failed_precondition`. A second call does nothing.
   */
  close(): void {
    this.#memory.close();
  }

  /**
   * Removes the name; those who have the memory open can still use it.
   *
   * @throws {DariError} `not_found` where the name is gone already.
   */
  unlink(): void {
    unlinkMemory(this.name, this.scope);
  }

  /** As `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #busy(): DariError {
    return new DariError(
      "unavailable",
      `Shared memory "${this.name}" is being written, or its writer died half-way; if it died, ` +
        `write with { repair: true }`,
    );
  }
}
