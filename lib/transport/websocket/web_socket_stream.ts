/**
 * The bytes of the wire inside WebSocket frames, over any stream of bytes.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6455 | RFC 6455}
 * @module
 */

import { settlesWithin } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { borrow, giveBack } from "../framing/memory_pool.ts";
import type { ByteStream } from "../stream_connection.ts";
import {
  applyMask,
  CloseCode,
  type FrameHeader,
  MAX_HEADER_BYTES,
  Opcode,
  readHeader,
} from "./frames.ts";
import { FrameWriter, type FrameWriterOptions } from "./frame_writer.ts";

const LF = 0x0a;
const { webSocketReadBytes: READ } = limits;

/** How a stream frames. */
export interface WebSocketStreamOptions extends FrameWriterOptions {
  /** What was read behind the handshake. */
  readonly head?: Uint8Array | undefined;
  /** The most bytes that a frame may have, as it is now. */
  readonly maxFrameBytes: () => number;
}

/**
 * Frames what is written, and gives what the frames hold as one stream.
 *
 * Invariants: `#buffer` from `#start` to `#end` was read and is not taken yet. `#frame` is the frame of
 * data whose `#remaining` bytes of payload have not been taken; between frames `#remaining` is 0.
 */
export class WebSocketStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #options: WebSocketStreamOptions;
  readonly #writer: FrameWriter;
  #buffer: Uint8Array;
  #start = 0;
  #end: number;
  #frame: FrameHeader | undefined;
  #remaining = 0;
  /** Whether the message under way is text, of which its frames after the first say nothing. */
  #isText = false;
  /** Whether a message is under way whose last frame has not come. */
  #isInside = false;
  #lastByte = LF;
  /** Whether a text message ended without the LF of its line. */
  #owesLineEnd = false;
  #isEnded = false;
  /** What the other side did against the rules. */
  #fault: { readonly code: number; readonly reason: string } | undefined;
  #hasSentClose = false;
  #isClosed = false;
  #isPonging = false;
  /** Frames leave one behind the other. */
  #writing: Promise<void> = Promise.resolve();

  /**
   * @param stream The stream beneath, its handshake done; this one owns it.
   * @param options Which end this is, and how it frames.
   */
  constructor(stream: ByteStream, options: WebSocketStreamOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#writer = new FrameWriter(options);
    const { head } = options;
    this.#buffer = new Uint8Array(Math.max(READ, head?.length ?? 0));
    this.#buffer.set(head ?? []);
    this.#end = head?.length ?? 0;
  }

  /**
   * Reads payload.
   *
   * @throws {Error} When the other side breaks the rules; it was told so by a close frame.
   */
  async read(into: Uint8Array): Promise<number | null> {
    for (let filled = 0;;) {
      filled += this.#takeBuffered(into, filled);
      if (filled > 0) return filled;
      if (this.#fault !== undefined) throw await this.#tellFault(this.#fault);
      if (this.#isEnded) return null;
      // A long payload is read where it belongs.
      if (this.#remaining >= READ && this.#start === this.#end) return await this.#readInto(into);
      if (!await this.#fill()) return this.#ended();
    }
  }

  /** Writes one piece and gives its length. */
  async write(bytes: Uint8Array): Promise<number> {
    const earlier = this.#writing;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#writing = promise;
    try {
      await earlier;
      if (this.#hasSentClose) throw new Error("the WebSocket is closing");
      const out = borrow(limits.smallBufferBytes);
      const { taken, length } = this.#writer.write(bytes, out);
      await this.#writeAll(out.subarray(0, length));
      giveBack(out); // not after a write that failed, which may still read from it
      return taken;
    } finally {
      resolve();
    }
  }

  /** Says that nothing more comes. */
  async closeWrite(): Promise<void> {
    await this.#sendClose(CloseCode.normal);
  }

  close(): void {
    this.#isEnded = true;
    if (this.#isClosed) return; // closing a socket twice throws
    this.#isClosed = true;
    this.#stream.close();
  }

  /** Takes payload that was read already, of several frames, as far as there is room. */
  #takeBuffered(into: Uint8Array, from: number): number {
    let at = from;
    while (at < into.length) {
      if (this.#owesLineEnd) {
        into[at++] = LF;
        this.#owesLineEnd = false;
      } else if (this.#remaining > 0) {
        const length = Math.min(this.#remaining, this.#end - this.#start, into.length - at);
        if (length === 0) break;
        const part = into.subarray(at, at + length);
        part.set(this.#buffer.subarray(this.#start, this.#start + length));
        this.#start += length;
        this.#took(part);
        at += length;
      } else if (this.#isEnded || !this.#nextFrame()) break;
    }
    return at - from;
  }

  async #readInto(into: Uint8Array): Promise<number | null> {
    const length = await this.#stream.read(into.subarray(0, this.#remaining));
    if (length === null) return this.#ended();
    this.#took(into.subarray(0, length));
    return length;
  }

  #took(part: Uint8Array): void {
    const { mask, length = 0, isLast } = this.#frame!;
    if (mask !== undefined) applyMask(part, mask, length - this.#remaining);
    this.#remaining -= part.length;
    if (part.length > 0) this.#lastByte = part[part.length - 1]!;
    if (this.#remaining > 0) return;
    this.#isInside = !isLast;
    if (isLast) this.#owesLineEnd = this.#isText && this.#lastByte !== LF;
  }

  async #fill(): Promise<boolean> {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    else if (this.#end === this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    const length = await this.#stream.read(this.#buffer.subarray(this.#end));
    if (length === null) return false;
    this.#end += length;
    return true;
  }

  /** @returns Whether a frame came whole as far as it has to. */
  #nextFrame(): boolean {
    let header: FrameHeader | undefined;
    try {
      header = readHeader(this.#buffer, this.#start, this.#end);
    } catch (error) {
      return this.#refuse(CloseCode.protocolError, (error as Error).message);
    }
    if (header === undefined) return false;
    const { opcode, length, mask, headerBytes } = header;
    const { role, maxFrameBytes } = this.#options;
    if ((mask !== undefined) !== (role === "server")) {
      const fault = role === "server" ? "a frame of the client is not masked" : "a frame is masked";
      return this.#refuse(CloseCode.protocolError, fault);
    }
    if (opcode >= Opcode.close) return this.#control(header);
    const most = maxFrameBytes();
    if (length > most) {
      return this.#refuse(
        CloseCode.tooBig,
        `The other side sent a frame of more than ${most} bytes`,
      );
    }
    if ((opcode === Opcode.continuation) !== this.#isInside) {
      return this.#refuse(CloseCode.protocolError, "the frames of a message are out of order");
    }
    this.#start += headerBytes;
    if (opcode !== Opcode.continuation) {
      this.#isText = opcode === Opcode.text;
      this.#lastByte = LF;
    }
    this.#frame = header;
    this.#remaining = length;
    if (length === 0) this.#took(this.#buffer.subarray(0, 0));
    return true;
  }

  #control({ opcode, length, mask, headerBytes }: FrameHeader): boolean {
    const start = this.#start + headerBytes;
    if (this.#end - start < length) return false;
    const payload = this.#buffer.slice(start, start + length);
    if (mask !== undefined) applyMask(payload, mask, 0);
    this.#start = start + length;
    if (opcode === Opcode.close) {
      this.#isEnded = true;
      this.#sendClose(CloseCode.normal).catch(() => {}); // the other side may have gone
    } else if (opcode === Opcode.ping) this.#pong(payload);
    return true;
  }

  #ended(): null {
    this.#isEnded = true;
    if (this.#remaining > 0 || this.#isInside) throw new Error("it ended inside a message");
    return null;
  }

  #refuse(code: number, reason: string): false {
    this.#isEnded = true;
    this.#fault = { code, reason };
    return false;
  }

  /** The other side is told before the stream is closed, unless it reads nothing. */
  async #tellFault({ code, reason }: { code: number; reason: string }): Promise<Error> {
    await settlesWithin(this.#sendClose(code).catch(() => {}), limits.lingerMs);
    if (code !== CloseCode.tooBig) return new Error(reason);
    return new TransportError("resource_exhausted", reason, { retryable: false });
  }

  /** A ping while an answer waits needs none of its own (RFC 6455 section 5.5.3). */
  #pong(payload: Uint8Array): void {
    if (this.#isPonging) return;
    this.#isPonging = true;
    this.#sendControl(Opcode.pong, payload).then(() => this.#isPonging = false, () => {});
  }

  async #sendClose(code: number): Promise<void> {
    if (this.#hasSentClose) return;
    const payload = new Uint8Array([code >> 8, code & 0xff]);
    const sent = this.#sendControl(Opcode.close, payload);
    this.#hasSentClose = true;
    await sent;
  }

  #sendControl(opcode: number, payload: Uint8Array): Promise<void> {
    const frame = new Uint8Array(MAX_HEADER_BYTES + payload.length);
    const length = this.#writer.put({ isLast: true, opcode }, payload, frame, 0);
    const sent = this.#writing.then(() => this.#writeAll(frame.subarray(0, length)));
    this.#writing = sent.catch(() => {});
    return sent;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#stream.write(bytes.subarray(at));
  }
}
