/**
 * Numbers and vectors as TLS writes them (RFC 8446 section 3).
 *
 * @module
 */

import { ScanFault } from "./fault.ts";

/** Bytes of TLS. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Puts bytes side by side.
 *
 * @param parts Bytes, or single octets as numbers.
 */
export function join(...parts: readonly (Uint8Array | number)[]): Bytes {
  const length = parts.reduce<number>((sum, one) => sum + (isOctet(one) ? 1 : one.length), 0);
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    if (isOctet(part)) joined[at++] = part;
    else {
      joined.set(part, at);
      at += part.length;
    }
  }
  return joined;
}

function isOctet(part: Uint8Array | number): part is number {
  return typeof part === "number";
}

/** A number of 16 bits. */
export function u16(value: number): Bytes {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** A number of 24 bits. */
export function u24(value: number): Bytes {
  return Uint8Array.of(value >> 16, (value >> 8) & 0xff, value & 0xff);
}

/** A number of 32 bits. */
export function u32(value: number): Bytes {
  return Uint8Array.of(value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);
}

/** A number of 64 bits. */
export function u64(value: number): Bytes {
  return join(u32(Math.floor(value / 0x1_0000_0000)), u32(value >>> 0));
}

/** A vector with a length of one octet. */
export function vector8(...parts: readonly (Uint8Array | number)[]): Bytes {
  const body = join(...parts);
  return join(body.length, body);
}

/** A vector with a length of two octets. */
export function vector16(...parts: readonly (Uint8Array | number)[]): Bytes {
  const body = join(...parts);
  return join(u16(body.length), body);
}

/** A vector with a length of three octets. */
export function vector24(...parts: readonly (Uint8Array | number)[]): Bytes {
  const body = join(...parts);
  return join(u24(body.length), body);
}

/** Numbers of 16 bits, one after the other. */
export function u16List(values: readonly number[]): Bytes {
  return join(...values.map(u16));
}

/** A cursor over bytes of a peer. Every read is within the bytes, or throws `malformed`. */
export class ByteReader {
  readonly #bytes: Bytes;
  #at = 0;

  /** @param bytes What the peer sent; the reader shares their memory. */
  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  /** Whether everything has been read. */
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Takes some octets. */
  take(count: number): Bytes {
    if (count > this.#bytes.length - this.#at) {
      throw new ScanFault("malformed", "a message of the server ends too early");
    }
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** Takes a number of one to four octets. */
  number(octets: number): number {
    return this.take(octets).reduce((value, octet) => value * 256 + octet, 0);
  }

  /** Takes a vector whose length has this many octets. */
  vector(lengthOctets: number): Bytes {
    return this.take(this.number(lengthOctets));
  }

  /** Takes a vector and gives a reader of what is inside. */
  inside(lengthOctets: number): ByteReader {
    return new ByteReader(this.vector(lengthOctets));
  }

  /** Takes all that is left. */
  rest(): Bytes {
    return this.take(this.#bytes.length - this.#at);
  }
}
