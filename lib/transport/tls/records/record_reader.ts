/**
 * Takes records apart.
 *
 * @module
 */

import { atMost } from "../../../base/bytes/at_most.ts";
import { RestBytes } from "../../../base/bytes/rest_bytes.ts";
import { reasonOf } from "../../../base/file/reason.ts";
import { limits } from "../../../base/limits.ts";
import {
  HEADER_BYTES,
  MAX_SEALED_BYTES,
  OVERHEAD_BYTES,
  type RecordCipher,
  types,
} from "./record_cipher.ts";

/** Where records come from. */
export interface RecordSource {
  /** Reads as `Deno.Conn` does. */
  read(into: Uint8Array): Promise<number | null>;
}

const CLOSE_NOTIFY = 0; // RFC 8446 section 6.1
const MIN_SEALED_BYTES = OVERHEAD_BYTES - HEADER_BYTES;

/** Reads the content of the records of one direction. After its end or an error it reads no more. */
export class RecordReader {
  readonly #source: RecordSource;
  readonly #cipher: RecordCipher;
  /** What was read; from `#start` to `#end` it holds what is not opened yet. */
  #memory = new Uint8Array(limits.recordInitialReadBytes);
  #start = 0;
  #end = 0;
  /** Content that had no room where it was asked for. */
  readonly #rest = new RestBytes();
  /** Whether the other side has said that it sends no more. */
  #isEnded = false;
  #fault: Error | undefined;
  readonly #onFault: (reason: string) => void;

  /**
   * @param source Where the records come from.
   * @param cipher What opens them.
   * @param onFault Hears why reading fails, once.
   */
  constructor(
    source: RecordSource,
    cipher: RecordCipher,
    onFault: (reason: string) => void = () => {},
  ) {
    this.#source = source;
    this.#cipher = cipher;
    this.#onFault = onFault;
  }

  /**
   * Reads content as `Deno.Conn` does. One call may wait at a time.
   *
   * @param into Where it goes.
   * @returns How many bytes; `null` at the end.
   * @throws {Error} When a record is not the next one that the other side sealed, or the end was cut off.
   */
  async read(into: Uint8Array): Promise<number | null> {
    while (true) {
      if (!this.#rest.isEmpty) return this.#rest.take(into);
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#isEnded) return null;
      const length = this.#openAll(into);
      if (length > 0) return length;
      if (this.#isOver) continue;
      try {
        this.#filled(await this.#source.read(this.#room()));
      } catch (error) {
        this.#fail(reasonOf(error));
      }
    }
  }

  /**
   * Reads one record, which must be empty.
   *
   * @throws {Error} As {@linkcode read} does, and when the record is not empty.
   */
  async readEmpty(): Promise<void> {
    let content = this.#openNext();
    while (content === undefined && !this.#isOver) {
      this.#filled(await this.#source.read(this.#room()));
      content = this.#openNext();
    }
    if (content?.length !== 0) {
      this.#fail("the first record was not the empty one that comes first");
    }
    if (this.#fault !== undefined) throw this.#fault;
  }

  /**
   * Ends reading.
   *
   * @param reason What each further `read` fails with.
   */
  fail(reason: string): void {
    this.#rest.drop();
    this.#fail(reason);
  }

  get #isOver(): boolean {
    return this.#isEnded || this.#fault !== undefined;
  }

  /** Opens the records that are there whole, while their content has room. */
  #openAll(into: Uint8Array): number {
    let length = 0;
    while (length < into.length) {
      const content = this.#openNext();
      if (content === undefined) break;
      const part = atMost(content, into.length - length);
      into.set(part, length);
      length += part.length;
      // What the cipher gave holds until its next call alone.
      if (part.length < content.length) this.#rest.keep(content.slice(part.length));
    }
    return length;
  }

  /** Opens the next record, where it is there whole. */
  #openNext(): Uint8Array | undefined {
    const length = this.#isOver ? undefined : this.#nextLength();
    if (length === undefined || this.#end - this.#start < HEADER_BYTES + length) return undefined;
    const from = this.#start + HEADER_BYTES;
    const header = this.#memory.subarray(this.#start, from);
    this.#start = from + length;
    const opened = this.#open(header, this.#memory.subarray(from, this.#start));
    if (opened === undefined) {
      return this.#fail("a record was forged, changed, left out or sent again (bad_record_mac)");
    }
    return this.#contentOf(opened);
  }

  #open(header: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    try {
      return this.#cipher.open(header, sealed);
    } catch (error) {
      return this.#fail(reasonOf(error));
    }
  }

  /** The length of the next record; what is not protected by the tag, but by its bounds. */
  #nextLength(): number | undefined {
    if (this.#end - this.#start < HEADER_BYTES) return undefined;
    const at = this.#start;
    const length = this.#memory[at + 3]! << 8 | this.#memory[at + 4]!;
    if (this.#memory[at] !== types.data || length < MIN_SEALED_BYTES) {
      return this.#fail("what came is no record (unexpected_message)");
    }
    if (length <= MAX_SEALED_BYTES) return length;
    const most = `${limits.recordBytes} bytes`;
    return this.#fail(`a record was longer than ${most} of content (record_overflow)`);
  }

  /** Without the zeros that may fill a record up, and its type behind them (RFC 8446 section 5.4). */
  #contentOf(opened: Uint8Array): Uint8Array | undefined {
    let end = opened.length - 1;
    while (end >= 0 && opened[end] === 0) end--;
    const type = opened[end];
    const content = opened.subarray(0, Math.max(end, 0));
    if (type === types.data) return content;
    if (type === types.alert && content.length === 2) return this.#takeAlert(content[1]!);
    return this.#fail("a record had a type that is not known here (unexpected_message)");
  }

  #takeAlert(description: number): undefined {
    if (description === CLOSE_NOTIFY) this.#isEnded = true;
    else this.#fail(`the other side ended the connection by TLS alert ${description}`);
  }

  #filled(length: number | null): void {
    if (length === null) this.#fail("the connection was cut off before the other side ended it");
    else this.#end += length;
  }

  /** More room where one read has filled all that there was, or one record needs more. */
  #room(): Uint8Array {
    const { recordReadBytes } = limits;
    const unopened = this.#end - this.#start;
    const isFull = this.#end === this.#memory.length;
    if (isFull && this.#memory.length < recordReadBytes) {
      const memory = new Uint8Array(recordReadBytes);
      memory.set(this.#memory.subarray(this.#start, this.#end));
      this.#memory = memory;
    } else if (unopened > 0) this.#memory.copyWithin(0, this.#start, this.#end);
    this.#start = 0;
    this.#end = unopened;
    return unopened === 0 ? this.#memory : this.#memory.subarray(unopened);
  }

  #fail(reason: string): undefined {
    if (this.#fault !== undefined) return;
    this.#fault = new Error(reason);
    this.#start = this.#end = 0;
    this.#onFault(reason);
  }
}
