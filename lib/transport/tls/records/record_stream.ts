/**
 * Bytes in records that are sealed by keys of their own, in place of those of the handshake.
 *
 * @module
 */

import { atMost } from "../../../base/bytes/at_most.ts";
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
 * Once `#isOver`, the stream beneath is closed and the keys are forgotten.
 */
export class RecordStream implements PeerStream {
  readonly peer: Peer;
  /** Called once, when the stream is closed. */
  onClose = () => {};
  readonly #options: RecordStreamOptions;
  readonly #reader: RecordReader;
  readonly #writer: RecordWriter;
  #isEnded = false;
  #isOver = false;

  /** @param options What carries the records, and what seals them. */
  constructor(options: RecordStreamOptions) {
    const { stream, peer, ciphers } = options;
    this.#options = options;
    this.peer = peer;
    this.#reader = new RecordReader(stream, ciphers.open, (reason) => this.cut(reason));
    this.#writer = new RecordWriter(stream, ciphers.seal);
  }

  /** Writes the empty record by which a client shows that it has the keys. */
  async greet(): Promise<void> {
    await this.#writer.write(new Uint8Array());
  }

  /**
   * Reads the empty record of a client.
   *
   * @throws {Error} When something else comes.
   */
  expectGreeting(): Promise<void> {
    return this.#reader.readEmpty();
  }

  /** What fails here was cut: nothing behind a record that does not open is believed. */
  read(into: Uint8Array): Promise<number | null> {
    return this.#reader.read(into);
  }

  /** Where this fails, what the other side said before it went can still be read. */
  write(bytes: Uint8Array): Promise<number> {
    if (this.#isEnded) return Promise.reject(new Error("it was closed"));
    if (bytes.length === 0) return Promise.resolve(0);
    return this.#writer.write(atMost(bytes, limits.recordPieceBytes));
  }

  async closeWrite(): Promise<void> {
    if (this.#isEnded || this.#isOver) return;
    this.#isEnded = true;
    await this.#writer.end();
    await this.#options.stream.closeWrite();
  }

  close(): void {
    this.cut("it was closed");
  }

  cut(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.fail(reason);
    this.#writer.fail(reason);
    const { stream, ciphers } = this.#options;
    ciphers.seal.wipe();
    ciphers.open.wipe();
    stream.close();
    this.onClose();
  }
}
