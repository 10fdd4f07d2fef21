/**
 * Makes records.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import { OVERHEAD_BYTES, type RecordCipher, types } from "./record_cipher.ts";

/** Where records go. */
export interface RecordSink {
  /** Writes some of the bytes and gives their number. */
  write(bytes: Uint8Array): Promise<number>;
}

const CLOSE_NOTIFY = Uint8Array.of(1, 0); // RFC 8446 section 6.1

/**
 * Seals what is written in one direction, in the order of the calls. Once a write has failed, part of a
 * record may have left: all others fail too.
 */
export class RecordWriter {
  readonly #sink: RecordSink;
  readonly #cipher: RecordCipher;
  /** The records of the write that is under way; the memory is used again. */
  #memory = new Uint8Array();
  /** Why writes fail. */
  #fault: unknown;
  /** How many writes are under way or wait. */
  #waiting = 0;
  /** The last of them. */
  #last: Promise<number> = Promise.resolve(0);

  /**
   * @param sink Where the records go.
   * @param cipher What seals them.
   */
  constructor(sink: RecordSink, cipher: RecordCipher) {
    this.#sink = sink;
    this.#cipher = cipher;
  }

  /**
   * Writes content, which may change once this has resolved.
   *
   * @param content The content; where it is empty, an empty record.
   * @returns Its length.
   */
  write(content: Uint8Array): Promise<number> {
    return this.#inTurn(() => this.#sealAll(content), content.length);
  }

  /** Says that nothing more is written. */
  end(): Promise<number> {
    return this.#inTurn(() => {
      const memory = this.#room(CLOSE_NOTIFY.length + OVERHEAD_BYTES);
      return this.#cipher.seal(types.alert, CLOSE_NOTIFY, memory);
    }, CLOSE_NOTIFY.length);
  }

  /**
   * Ends writing.
   *
   * @param reason What each write fails with, those that wait included.
   */
  fail(reason: string): void {
    this.#fault ??= new Error(reason);
  }

  /** One write at a time: records arrive in the order of their numbers. */
  #inTurn(seal: () => number, length: number): Promise<number> {
    const send = () => this.#send(seal, length);
    this.#last = this.#waiting++ === 0 ? send() : this.#last.then(send, send);
    return this.#last;
  }

  #sealAll(content: Uint8Array): number {
    const { recordBytes } = limits;
    if (content.length <= recordBytes) {
      return this.#cipher.seal(types.data, content, this.#room(content.length + OVERHEAD_BYTES));
    }
    const records = Math.ceil(content.length / recordBytes);
    const memory = this.#room(content.length + records * OVERHEAD_BYTES);
    let length = 0;
    for (let record = 0; record < records; record++) {
      const part = content.subarray(record * recordBytes, (record + 1) * recordBytes);
      length += this.#cipher.seal(types.data, part, memory.subarray(length));
    }
    return length;
  }

  /** All in one message of the carrier, where that takes so much. */
  async #send(seal: () => number, contentLength: number): Promise<number> {
    try {
      if (this.#fault !== undefined) throw this.#fault;
      const length = seal();
      for (let sent = 0; sent < length;) {
        sent += await this.#sink.write(this.#memory.subarray(sent, length));
      }
      return contentLength;
    } catch (error) {
      this.#fault ??= error;
      throw this.#fault;
    } finally {
      this.#waiting--;
    }
  }

  #room(bytes: number): Uint8Array {
    if (this.#memory.length < bytes) {
      this.#memory = new Uint8Array(Math.max(bytes, limits.shortRecordBytes));
    }
    return this.#memory;
  }
}
