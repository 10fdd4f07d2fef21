/**
 * Memory with a name, that holds one message which a reader never sees half written.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { timedOut, type WaitOptions } from "./_event.ts";
import { createNamed, type Mapping, openNamed, unlinkNamed } from "./_shm.ts";
import { decodeValue, encodeValue, kind } from "./_value.ts";

const PREFIX_BYTES = 4;
const VERSION_BYTES = 4;
const MIN_BYTES = 16;
const MAX_BYTES = 2 ** 31;
/** What Linux takes as a name, without what a shell or a path would read into it. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,249}$/;

/** Who can open the memory: other processes (by FFI), or other threads of this one. */
export type Reach = "processes" | "workers";

/** Memory of reach `workers`, as posted to another thread. */
export interface SharedMemoryDescriptor {
  /** What this is. */
  readonly type: "dari.shared-memory";
  /** Its name. */
  readonly name: string;
  /** The memory. */
  readonly buffer: SharedArrayBuffer;
}

/** Memory of reach `workers`, by name; every thread has its own table, filled by `from`. */
const names = new Map<string, SharedArrayBuffer>();

/**
 * Memory with a name. It holds a message behind its length (4 bytes, big-endian), and in its last
 * aligned word a version counter: odd while somebody writes, then even and higher by two. Python's
 * `multiprocessing.shared_memory` opens the same names; a reader there that minds the counter:
 *
 * ```python
 * import json, struct
 * from multiprocessing.shared_memory import SharedMemory
 * shm = SharedMemory("dari_demo")
 * at = len(shm.buf) // 4 * 4 - 4
 * while True:
 *     before, = struct.unpack_from("<I", shm.buf, at)
 *     length, = struct.unpack_from(">I", shm.buf, 0)
 *     data = bytes(shm.buf[4:4 + length])
 *     after, = struct.unpack_from("<I", shm.buf, at)
 *     if before == after and before % 2 == 0: break
 * print(json.loads(data))
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
  #bytes: Uint8Array;
  #words: Int32Array;
  readonly #mapping: Mapping | undefined;
  #closed = false;

  private constructor(name: string, memory: Mapping | SharedArrayBuffer) {
    this.name = name;
    this.#mapping = memory instanceof SharedArrayBuffer ? undefined : memory;
    this.reach = this.#mapping ? "processes" : "workers";
    this.#bytes = memory instanceof SharedArrayBuffer ? new Uint8Array(memory) : memory.bytes;
    const words = this.#bytes.length >> 2;
    this.#words = new Int32Array(this.#bytes.buffer, this.#bytes.byteOffset, words);
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
    checkName(name);
    if (!(Number.isInteger(size) && size >= MIN_BYTES && size <= MAX_BYTES)) {
      throw new RangeError(`A size of ${size} bytes is out of range; give ${MIN_BYTES} to 2^31`);
    }
    if ((options.reach ?? "processes") === "processes") {
      return new SharedMemory(name, createNamed(name, size));
    }
    if (names.has(name)) {
      throw new DariError(
        "already_exists",
        `Shared memory "${name}" exists already; open it, or unlink it first`,
      );
    }
    const buffer = new SharedArrayBuffer(size);
    names.set(name, buffer);
    return new SharedMemory(name, buffer);
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
    checkName(name);
    const memory = (options.reach ?? "processes") === "processes"
      ? new SharedMemory(name, openNamed(name))
      : new SharedMemory(name, named(name));
    const { size } = memory;
    if (size >= MIN_BYTES && (options.size ?? size) === size) return memory;
    memory.close();
    throw new DariError(
      "failed_precondition",
      `Shared memory "${name}" has ${size} bytes, not ${options.size ?? `${MIN_BYTES} or more`}`,
    );
  }

  /**
   * Opens memory of reach `workers` that another thread has posted; from then on `open` finds it.
   *
   * @param descriptor What `descriptor` gave there.
   * @returns The memory.
   */
  static from(descriptor: SharedMemoryDescriptor): SharedMemory {
    checkName(descriptor.name);
    names.set(descriptor.name, descriptor.buffer);
    return new SharedMemory(descriptor.name, descriptor.buffer);
  }

  /** The memory as it can be posted to another thread; only with reach `workers`. */
  get descriptor(): SharedMemoryDescriptor {
    const { buffer } = this.#bytes;
    if (!(buffer instanceof SharedArrayBuffer)) {
      throw new TypeError("Memory of reach `processes` is opened by its name, not posted");
    }
    return { type: "dari.shared-memory", name: this.name, buffer };
  }

  /** Its size in bytes. */
  get size(): number {
    return this.#bytes.length;
  }

  /** The longest message, in bytes. */
  get maxMessageBytes(): number {
    return this.#words.length * 4 - PREFIX_BYTES - VERSION_BYTES;
  }

  /** How many times it was written, times two; odd while somebody writes. */
  get version(): number {
    this.#usable();
    return Atomics.load(this.#words, this.#words.length - 1) >>> 0;
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
    const before = this.version | 0;
    if (bytes.length > this.maxMessageBytes) {
      throw new DariError(
        "resource_exhausted",
        `A message of ${bytes.length} bytes is longer than the ${this.maxMessageBytes} of "${this.name}"`,
        { retryable: false },
      );
    }
    const at = this.#words.length - 1;
    const odd = before & 1 ? (before + 2) | 0 : (before + 1) | 0;
    const isTaken = (before & 1) !== 0 && !options.repair;
    if (isTaken || Atomics.compareExchange(this.#words, at, before, odd) !== before) {
      throw this.#busy();
    }
    writeLength(this.#bytes, bytes.length);
    this.#bytes.set(bytes, PREFIX_BYTES);
    const after = (odd + 1) | 0;
    if (Atomics.compareExchange(this.#words, at, odd, after) !== odd) throw this.#busy();
    if (this.reach === "workers") Atomics.notify(this.#words, at);
    return after >>> 0;
  }

  /**
   * Reads the message as a JSON value, waiting while somebody writes.
   *
   * @param options Timeout (2 s without one) and signal.
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
    const { timeoutMs = limits.stallSliceMs * limits.stallSlices } = options;
    const deadline = performance.now() + timeoutMs;
    for (let pauseMs: number = limits.pollMs;; pauseMs = Math.min(pauseMs * 2, limits.maxPollMs)) {
      options.signal?.throwIfAborted();
      const bytes = this.#tryRead(options.into);
      if (bytes !== undefined) return bytes;
      if (performance.now() >= deadline) throw this.#busy();
      await this.#pause(this.version, pauseMs);
    }
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
    const { timeoutMs = Infinity, signal } = options;
    const deadline = performance.now() + timeoutMs;
    for (let pauseMs: number = limits.pollMs;; pauseMs = Math.min(pauseMs * 2, limits.maxPollMs)) {
      signal?.throwIfAborted();
      const now = this.version;
      if (now !== version && (now & 1) === 0) return now;
      if (performance.now() >= deadline) throw timedOut(`A write to "${this.name}"`, timeoutMs);
      await this.#pause(now, pauseMs);
    }
  }

  /** Gives the memory back; the name and other users of it stay. A second time does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Views of unmapped memory would bring the process down: none is kept.
    this.#bytes = new Uint8Array(0);
    this.#words = new Int32Array(0);
    this.#mapping?.unmap();
  }

  /**
   * Removes the name; who has the memory open keeps it.
   *
   * @throws {DariError} `not_found` where the name is gone already.
   */
  unlink(): void {
    if (this.reach === "processes") return unlinkNamed(this.name);
    named(this.name);
    names.delete(this.name);
  }

  /** As `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @returns `undefined` while somebody writes. */
  #tryRead(into: Uint8Array<ArrayBuffer> | undefined): Uint8Array<ArrayBuffer> | undefined {
    const before = this.version;
    if (before & 1) return undefined;
    const length = readLength(this.#bytes);
    if (length > this.maxMessageBytes) {
      if (this.version !== before) return undefined;
      throw new DariError(
        "data",
        `Shared memory "${this.name}" holds no message of dari's: its length reads ${length}`,
      );
    }
    const target = into && into.length >= length
      ? into.subarray(0, length)
      : new Uint8Array(length);
    target.set(this.#bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
    return this.version === before ? target : undefined;
  }

  async #pause(version: number, ms: number): Promise<void> {
    // A timer in both cases: it is what keeps the event loop alive.
    const slept = Promise.withResolvers<void>();
    const timer = setTimeout(slept.resolve, ms);
    if (this.reach === "workers") {
      const wait = Atomics.waitAsync(this.#words, this.#words.length - 1, version | 0, ms);
      await (wait.async ? Promise.race([wait.value, slept.promise]) : undefined);
    } else await slept.promise;
    clearTimeout(timer);
  }

  #busy(): DariError {
    return new DariError(
      "unavailable",
      `Shared memory "${this.name}" is being written, or its writer died half-way; ` +
        `then write with { repair: true }`,
    );
  }

  #usable(): void {
    if (!this.#closed) return;
    throw new DariError("failed_precondition", `Shared memory "${this.name}" is closed`);
  }
}

function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new TypeError(
    `${JSON.stringify(name)} is no name for shared memory: take letters, digits, "_", "-" and "."`,
  );
}

function named(name: string): SharedArrayBuffer {
  const buffer = names.get(name);
  if (buffer !== undefined) return buffer;
  throw new DariError("not_found", `There is no shared memory "${name}" in this thread`);
}

function writeLength(bytes: Uint8Array, length: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, length);
}

function readLength(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}
