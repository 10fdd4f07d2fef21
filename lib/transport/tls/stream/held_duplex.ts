/**
 * A connection of Deno's as the stream beneath node:tls. A socket of node:tls goes on reading while it
 * is paused; over this stream it stops, because the stream does.
 *
 * @module
 */

import { Duplex } from "node:stream"; // what node:tls runs over
import { limits } from "../../../base/limits.ts";
import type { ByteStream } from "../../stream_connection.ts";

/** The stream, and a hold on its reading. */
export class HeldDuplex extends Duplex {
  /** The other side's address, where it has one. */
  readonly remoteAddress: string | undefined;
  /** The other side's port, where it has one. */
  readonly remotePort: number | undefined;
  readonly #stream: ByteStream;
  /** What the next reads may fill; nobody has seen it. */
  #memory = new Uint8Array();
  /** Resolves when reading may go on, while it is held. */
  #held: PromiseWithResolvers<void> | undefined;
  /** The read that is under way. */
  #reading: Promise<Uint8Array | null> | undefined;
  /** Whether the stream belongs to somebody else now. */
  #isTakenBack = false;

  /**
   * @param stream The connection; destroying the duplex closes it.
   * @param remote Where its other side is.
   */
  constructor(stream: ByteStream, remote?: { readonly hostname: string; readonly port: number }) {
    super({ allowHalfOpen: true });
    this.remoteAddress = remote?.hostname;
    this.remotePort = remote?.port;
    this.#stream = stream;
  }

  /** Reads nothing more until {@linkcode release}; a read that is under way is still delivered. */
  hold(): void {
    this.#held ??= Promise.withResolvers();
  }

  /** Goes on reading. */
  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /**
   * Gives the connection back, with what a read that is under way will bring. The duplex reads nothing
   * more, and destroying it no longer closes the connection; until then it still writes.
   */
  takeBack(): ByteStream {
    this.#isTakenBack = true;
    const stream = this.#stream;
    const left = this.#reading && new LeftRead(this.#reading);
    return {
      read: (into) => left === undefined || left.isEmpty ? stream.read(into) : left.read(into),
      write: (bytes) => stream.write(bytes),
      closeWrite: () => stream.closeWrite(),
      close: () => stream.close(),
    };
  }

  override _read(): void {
    this.#read().catch((error) => this.destroy(error));
  }

  override _write(chunk: Uint8Array, _encoding: unknown, done: (error?: Error) => void): void {
    this.#write([chunk]).then(() => done(), done);
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error) => void): void {
    this.#write(chunks.map(({ chunk }) => chunk)).then(() => done(), done);
  }

  override _final(done: (error?: Error) => void): void {
    // Where the other side has gone there is nothing to end.
    this.#stream.closeWrite().then(() => done(), () => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.release();
    try {
      if (!this.#isTakenBack) this.#stream.close();
    } catch {
      // It was closed before.
    }
    done(error);
  }

  async #read(): Promise<void> {
    await this.#held?.promise;
    if (this.destroyed || this.#isTakenBack) return;
    this.#reading = this.#readChunk();
    const chunk = await this.#reading;
    if (this.#isTakenBack) return;
    this.#reading = undefined;
    this.push(chunk);
  }

  async #readChunk(): Promise<Uint8Array | null> {
    // The records are decrypted later, so each read has a part of the memory of its own.
    if (this.#memory.length < limits.tlsInitialReadBytes) {
      this.#memory = new Uint8Array(limits.tlsReadBytes);
    }
    const memory = this.#memory;
    const length = await this.#stream.read(memory);
    this.#memory = memory.subarray(length ?? 0);
    return length === null ? null : memory.subarray(0, length);
  }

  /** Records that wait together leave in one write: each would wake the other side. */
  async #write(chunks: readonly Uint8Array[]): Promise<void> {
    for (let bytes = joined(chunks); bytes.length > 0;) {
      bytes = bytes.subarray(await this.#stream.write(bytes));
    }
  }
}

/** What a read that somebody else began brings. */
class LeftRead {
  readonly #chunk: Promise<Uint8Array | null>;
  /** How many of its bytes were read. */
  #taken = 0;
  /** Whether nothing is left of it. */
  isEmpty = false;

  constructor(chunk: Promise<Uint8Array | null>) {
    this.#chunk = chunk;
    chunk.catch(() => {}); // the reader is told
  }

  async read(into: Uint8Array): Promise<number | null> {
    const chunk = await this.#chunk;
    const part = chunk?.subarray(this.#taken, this.#taken + into.length);
    this.#taken += part?.length ?? 0;
    this.isEmpty = chunk !== null && this.#taken === chunk.length;
    if (part === undefined) return null;
    into.set(part);
    return part.length;
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
