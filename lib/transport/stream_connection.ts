/**
 * A connection over anything that reads and writes bytes.
 *
 * @module
 */

import { TransportError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { sharedAfter } from "../base/shared_after.ts";
import { broken } from "./connection_error.ts";
import type { Connection, MemorySharing, Peer } from "./connection.ts";
import { prepareBlobMemory } from "./framing/incoming_blob.ts";
import { LineBuffer } from "./framing/line_buffer.ts";
import { giveBack, type Memory, type ReadSizes } from "./framing/memory_pool.ts";
import { type BudgetShare, processBudget, type SharedBudget } from "./shared_budget.ts";
import { encodeAround, encodeBorrowed } from "./framing/text.ts";

const { blobEdgeBytes: EDGE } = limits;

/** The part of `Deno.Conn` that a connection needs. */
export interface ByteStream {
  /** Reads into the memory; gives the number of bytes, or `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes and gives their number. Where it fails it rejects; it never throws. */
  write(bytes: Uint8Array): Promise<number>;
  /**
   * Looks at what `read` gave, where its bytes may be another carrier's; called at once. A promise more
   * for each read would cost more than this.
   *
   * @param into The memory that was read into.
   * @param length What `read` gave.
   * @returns What of it is bytes of the stream: 0 where the next read gives them.
   */
  hasRead?(into: Uint8Array, length: number | null): number | null;
  /** Hears what `write` gave; called at once. */
  hasWritten?(length: number): void;
  /** Ends the writing side. */
  closeWrite(): Promise<void>;
  /** Ends both sides. */
  close(): void;
  /** Moves the bytes into memory that both ends share, where that is possible. */
  readonly sharing?: MemorySharing | undefined;
}

/** The sizes for plain sockets, whose reads are as long as their room. */
export const socketSizes: ReadSizes = {
  initialBytes: limits.socketInitialReadBytes,
  readBytes: limits.socketReadBytes,
};
/** The sizes for TLS, where a read never gives more than one record. */
export const tlsSizes: ReadSizes = {
  initialBytes: limits.tlsInitialReadBytes,
  readBytes: limits.tlsReadBytes,
  recordBytes: limits.recordBytes,
};

/**
 * Carries lines and blobs over a stream of bytes.
 *
 * It ends twice: `#ended` says that nothing more will be received (the other side ended, the stream
 * broke, or this side dropped it), `#closed` that this side sends nothing more. `#over` resolves with
 * `#ended`. The stream is closed by `#drop` alone, which both `close` and `abort` come to.
 */
export class StreamConnection implements Connection {
  readonly peer: Peer;
  readonly isHalfCloseable: boolean = true;
  readonly recordBytes: number | undefined;
  /** Counted by each write, which takes as much as the system does. */
  sentBytes = 0;
  /** Counted by each read. */
  receivedBytes = 0;
  onPartial: (() => void) | undefined;
  /** Given to the constructor; closed by `#drop`. */
  readonly #stream: ByteStream;
  /** What was read and is not a whole line or blob yet; lives as long as the connection. */
  readonly #buffer: LineBuffer;
  /** The line or blob that has not come to its end, of the memory that all connections share. */
  readonly #share: BudgetShare;
  readonly #over = Promise.withResolvers<void>();
  /** Whether a `receive` is reading right now: `close` waits for it, and others for that of `close`. */
  #reading = false;
  #ended = false;
  #closed = false;
  #isDropped = false;
  /** Why the connection was cut, where it was. */
  #cause: TransportError | undefined;

  /**
   * @param stream The bytes; the connection owns and closes it.
   * @param peer The other end.
   * @param sizes How the buffer for reading grows.
   * @param budget The memory that connections share.
   */
  constructor(
    stream: ByteStream,
    peer: Peer,
    sizes: ReadSizes,
    budget: SharedBudget = processBudget,
  ) {
    this.#stream = stream;
    this.peer = peer;
    this.recordBytes = sizes.recordBytes;
    this.#buffer = new LineBuffer(limits.maxLineBytesBeforeSignIn, sizes);
    this.#share = budget.open((reason) => {
      this.#cause = new TransportError("resource_exhausted", `The connection was cut: ${reason}`, {
        retryable: false,
      });
      this.#drop();
    });
  }

  get sharing(): MemorySharing | undefined {
    return this.#stream.sharing;
  }

  get maxLineBytes(): number {
    return this.#buffer.maxLineBytes;
  }

  set maxLineBytes(bytes: number) {
    this.#buffer.maxLineBytes = bytes;
  }

  get takesBlobs(): boolean {
    return this.#buffer.takesBlobs;
  }

  set takesBlobs(takes: boolean) {
    this.#buffer.takesBlobs = takes;
  }

  async receive(
    take?: (piece: string | Uint8Array) => boolean,
  ): Promise<string | Uint8Array | null> {
    if (this.#reading) { // `close` does, until the other side has ended
      await this.#over.promise;
      return null;
    }
    this.#reading = true;
    try {
      if (this.#buffer.hasMore && !this.#closed && !this.#ended) {
        const piece = this.#buffer.take();
        this.#count();
        if (piece !== null) return piece;
      }
      while (!this.#ended) {
        if (this.onPartial !== undefined && this.#buffer.pendingBytes > 0) this.onPartial();
        const room = this.#buffer.room();
        const read = await this.#stream.read(room);
        const length = this.#stream.hasRead === undefined ? read : this.#stream.hasRead(room, read);
        if (length === null) this.#end();
        else if (!this.#closed) {
          this.receivedBytes += length;
          this.#buffer.filled(length);
          const piece = this.#buffer.take();
          this.#count();
          if (piece === null) continue;
          if (take === undefined || this.#buffer.hasMore) return piece;
          if (!take(piece)) return "";
        }
      }
      if (this.#cause !== undefined) throw this.#cause;
      return null;
    } catch (cause) {
      this.#end();
      if (this.#cause !== undefined) throw this.#cause;
      if (this.#closed) return null;
      // TLS without close_notify (RFC 8446, section 6.1): between lines nothing can have been cut off.
      if (isUnexpectedEnd(cause) && this.#buffer.pendingBytes === 0) {
        return null;
      }
      throw broken(this.peer, cause);
    } finally {
      this.#reading = false;
      if (this.#ended) this.#release();
    }
  }

  send(lines: string, bytes?: Uint8Array, linesBehind = ""): Promise<void> {
    if (this.#closed) return Promise.reject(broken(this.peer));
    if (bytes === undefined) return this.#write(encodeBorrowed(lines));
    return this.#sendBlob(lines, bytes, linesBehind);
  }

  /** Each write of a few bytes would wake the other side for them alone. */
  async #sendBlob(lines: string, bytes: Uint8Array, linesBehind: string): Promise<void> {
    if (bytes.length <= 2 * EDGE) {
      return await this.#write(encodeAround(lines, bytes, linesBehind));
    }
    const end = bytes.length - EDGE;
    await this.#write(encodeAround(lines, bytes.subarray(0, EDGE), ""));
    await this.#write({ bytes: bytes.subarray(EDGE, end) });
    await this.#write(encodeAround("", bytes.subarray(end), linesBehind));
    // A TCP socket takes 1 MiB at once: its sender does not wait for the receiver.
    if (this.peer.transport === "unix") prepareBlobMemory();
  }

  /** No async function: one more costs as much as what is done here. */
  #write(encoded: { bytes: Uint8Array; memory?: Memory }, from = 0): Promise<void> {
    const { bytes, memory } = encoded;
    return this.#stream.write(from === 0 ? bytes : bytes.subarray(from)).then((sent) => {
      this.#written(sent);
      if (from + sent < bytes.length) return this.#write(encoded, from + sent);
      if (memory !== undefined) giveBack(memory);
    }, (cause) => {
      // The memory is not given back: a write that failed may still read from it.
      throw broken(this.peer, cause);
    });
  }

  #written(length: number): void {
    this.sentBytes += length;
    if (this.#stream.hasWritten !== undefined) this.#stream.hasWritten(length);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // It sends nothing more, so what was written leaves without a reset. TLS has a close_notify to
    // send first (RFC 8446, section 6.1).
    const hasTls = this.peer.transport === "tls" || this.peer.transport === "nats";
    if (this.#ended && !hasTls) return this.#drop();
    const forget = sharedAfter(limits.lingerMs, () => this.#drop());
    try {
      await this.#stream.closeWrite();
      // Closing with unread input makes the kernel reset the connection and throw away what the
      // other side has not read yet. So read until it has ended, for a short while.
      if (this.#reading) await this.#over.promise;
      else while (await this.receive() !== null);
    } catch {
      // It broke while it was closing, which closes it as well.
    } finally {
      forget();
      this.#drop();
    }
  }

  abort(): void {
    this.#closed = true;
    this.#drop();
  }

  /** Counts a long line towards the memory that all connections share. */
  #count(): void {
    const { pendingBytes } = this.#buffer;
    const counted = pendingBytes > limits.smallBufferBytes ? pendingBytes : 0;
    if (counted !== this.#share.bytes) this.#share.set(counted);
  }

  #end(): void {
    this.#ended = true;
    this.#over.resolve();
  }

  #drop(): void {
    if (this.#isDropped) return; // closing a socket twice throws, which costs more than closing it
    this.#isDropped = true;
    this.#end();
    this.#share.close();
    if (!this.#reading) this.#release(); // otherwise the read that is under way does, when it ends
    try {
      this.#stream.close();
    } catch {
      // It was closed before.
    }
  }

  /** Gives the buffer's memory back. */
  #release(): void {
    // A look at shared memory may still hold on to the buffer that it was to read into.
    if (this.sharing?.isShared !== true) this.#buffer.release();
  }
}

/** Deno's error, told by its name: other runtimes, which have no such class, load this file too. */
function isUnexpectedEnd(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "UnexpectedEof";
}
