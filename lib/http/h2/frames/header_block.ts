/**
 * Header blocks, which come in one frame or in several.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9113#section-4.3 | RFC 9113}, section 4.3
 * @module
 */

import { limits } from "../../../base/limits.ts";
import { CODE, ConnectionFault, FLAG, FRAME, type Frame, read31 } from "./frame.ts";
import { type HeaderList, HpackDecoder, HpackError } from "../hpack/decoder.ts";

/** The headers of a request, or its trailers. */
export interface HeadersOfStream extends HeaderList {
  readonly id: number;
  /** Whether no body follows. */
  readonly isLast: boolean;
}

/** Gathers the header blocks of one connection. */
export class HeaderBlocks {
  readonly #decoder = new HpackDecoder({
    maxTableBytes: limits.http2HeaderTableBytes,
    maxListBytes: limits.maxHttpHeaderBytes,
    // A request has four headers more than those of HTTP/1.1: its method, scheme, authority and path.
    maxHeaders: limits.maxHttpHeaders + 4,
  });
  /** The block that has begun and not ended. */
  #begun: { id: number; isLast: boolean; parts: Uint8Array[]; length: number } | undefined;

  /** Whether a block has begun and not ended: nothing else may come then. */
  get isOpen(): boolean {
    return this.#begun !== undefined;
  }

  /**
   * Takes a frame of a block.
   *
   * @param frame HEADERS or CONTINUATION, with a stream.
   * @returns The headers, once they are whole.
   * @throws {ConnectionFault} For a block that cannot be read, and for one that is too long.
   */
  take(frame: Frame): HeadersOfStream | undefined {
    if (frame.type === FRAME.headers) return this.#begin(frame);
    const begun = this.#begun;
    if (begun === undefined || begun.id !== frame.id) {
      throw new ConnectionFault(CODE.protocolError, "A CONTINUATION frame continues nothing");
    }
    begun.length += frame.payload.length;
    if (begun.length > limits.maxHttp2HeaderBlockBytes) {
      const message = `The headers have more than ${limits.maxHttp2HeaderBlockBytes} bytes`;
      throw new ConnectionFault(CODE.enhanceYourCalm, message);
    }
    if ((frame.flags & FLAG.endHeaders) === 0) {
      begun.parts.push(frame.payload.slice());
      return undefined;
    }
    this.#begun = undefined;
    return this.#decode(begun.id, begun.isLast, joined([...begun.parts, frame.payload]));
  }

  #begin({ id, flags, payload }: Frame): HeadersOfStream | undefined {
    const isLast = (flags & FLAG.endStream) !== 0;
    let fragment = unpadded(flags, payload);
    if ((flags & FLAG.priority) !== 0) {
      if (fragment.length < 5) {
        throw new ConnectionFault(CODE.frameSizeError, "HEADERS is too short");
      }
      if (read31(fragment, 0) === id) {
        throw new ConnectionFault(CODE.protocolError, "A stream depends on itself");
      }
      fragment = fragment.subarray(5);
    }
    if ((flags & FLAG.endHeaders) !== 0) return this.#decode(id, isLast, fragment);
    this.#begun = { id, isLast, parts: [fragment.slice()], length: fragment.length };
    return undefined;
  }

  #decode(id: number, isLast: boolean, block: Uint8Array): HeadersOfStream {
    try {
      const { headers, isCut } = this.#decoder.decode(block);
      return { id, isLast, headers, isCut };
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      throw new ConnectionFault(CODE.compressionError, error.message);
    }
  }
}

/**
 * Takes the padding away.
 *
 * @param flags Whether there is any.
 * @param payload The payload of a frame.
 * @throws {ConnectionFault} For padding that is longer than the payload.
 */
export function unpadded(flags: number, payload: Uint8Array): Uint8Array {
  if ((flags & FLAG.padded) === 0) return payload;
  const padding = payload[0];
  if (padding === undefined) {
    throw new ConnectionFault(CODE.frameSizeError, "A frame has no padding");
  }
  if (padding >= payload.length) {
    throw new ConnectionFault(CODE.protocolError, "The padding is longer than its frame");
  }
  return payload.subarray(1, payload.length - padding);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
