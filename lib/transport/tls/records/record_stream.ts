/**
 * Bytes in records that are sealed by keys of their own, in place of those of the handshake.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { Peer } from "../../connection.ts";
import type { PeerStream } from "../../peer_stream.ts";
import type { ByteStream } from "../../stream_connection.ts";
import type { RecordCipher } from "./record_cipher.ts";
import { RecordReader } from "./record_reader.ts";
import { RecordWriter } from "./record_writer.ts";

/** The parts of a {@linkcode RecordStream}. */
export interface RecordStreamOptions {
  /** What carries the records; the stream owns it. */
  readonly stream: ByteStream;
  /** The other end. */
  readonly peer: Peer;
  /** What seals and opens; the stream wipes them. */
  readonly ciphers: { readonly seal: RecordCipher; readonly open: RecordCipher };
}

/**
 * The stream. Each direction ends by close_notify, as TLS has it: an end without it was cut off.
 *
 * Once `#fault` is set, the stream beneath is closed and the keys are forgotten.
 */
export class RecordStream implements PeerStream {
  readonly peer: Peer;
  /** Called once, when the stream is closed. */
  onClose = () => {};
  readonly #options: RecordStreamOptions;
  readonly #reader: RecordReader;
  readonly #writer: RecordWriter;
  #isEnded = false;
  /** Why the stream is over. */
  #fault: string | undefined;

  /** @param options What carries the records, and what seals them. */
  constructor(options: RecordStreamOptions) {
    const { stream, peer, ciphers } = options;
    this.#options = options;
    this.peer = peer;
    this.#reader = new RecordReader(stream, ciphers.open);
    this.#writer = new RecordWriter(stream, ciphers.seal);
  }

  /** Writes the empty record by which a client shows that it has the keys. */
  greet(): Promise<void> {
    return this.#writer.write(new Uint8Array());
  }

  /**
   * Reads the empty record of a client.
   *
   * @throws {Error} When something else comes.
   */
  expectGreeting(): Promise<void> {
    return this.#reader.readEmpty();
  }

  async read(into: Uint8Array): Promise<number | null> {
    try {
      return await this.#reader.read(into);
    } catch (error) {
      this.cut((error as Error).message); // unless it was cut before, for a reason of its own
      throw new Error(this.#fault);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#fault !== undefined) throw new Error(this.#fault);
    if (this.#isEnded) throw new Error("it was closed");
    const piece = bytes.subarray(0, limits.recordPieceBytes);
    try {
      if (piece.length > 0) await this.#writer.write(piece);
    } catch (error) {
      // What the other side said before it went can still be read.
      throw this.#fault === undefined ? error : new Error(this.#fault);
    }
    return piece.length;
  }

  async closeWrite(): Promise<void> {
    if (this.#isEnded || this.#fault !== undefined) return;
    this.#isEnded = true;
    await this.#writer.end();
    await this.#options.stream.closeWrite();
  }

  close(): void {
    this.cut("it was closed");
  }

  cut(reason: string): void {
    if (this.#fault !== undefined) return;
    this.#fault = reason;
    this.#reader.fail(reason);
    const { stream, ciphers } = this.#options;
    ciphers.seal.wipe();
    ciphers.open.wipe();
    stream.close();
    this.onClose();
  }
}
