/**
 * The frames of WebSocket: their headers and their masks.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6455#section-5 | RFC 6455}, section 5
 * @module
 */

/** What a frame is (RFC 6455 section 5.2). */
export const Opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** Why a connection is closed (RFC 6455 section 7.4.1). */
export const CloseCode = {
  normal: 1000,
  /** A page that is left, or a server that stops. */
  goingAway: 1001,
  protocolError: 1002,
  /** Stands for a close frame without a code. */
  noCode: 1005,
  tooBig: 1009,
  /** The same from a WebSocket of the runtime, which lets a program give only codes of its own. */
  tooBigHere: 4009,
} as const;

/** The longest header: two bytes, eight of length, four of mask. */
export const MAX_HEADER_BYTES = 14;

const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const SHORT = 125; // the longest length in the second byte itself, and of a control frame
const IN_TWO = 126;
const IN_EIGHT = 127;
const WORD = 0x1_0000_0000;

/** The header of a frame. */
export interface FrameHeader {
  readonly isLast: boolean;
  readonly opcode: number;
  /** Bytes of payload. */
  readonly length: number;
  /** The four bytes of the mask as one number, first byte lowest; `undefined` where it has none. */
  readonly mask: number | undefined;
  /** Bytes of the header itself. */
  readonly headerBytes: number;
}

/**
 * Reads a header.
 *
 * @param bytes What has come.
 * @param at Where it begins.
 * @param end Where the bytes end.
 * @returns The header; `undefined` while it has not come whole.
 * @throws {Error} For one that no peer may send.
 */
export function readHeader(bytes: Uint8Array, at: number, end: number): FrameHeader | undefined {
  if (end - at < 2) return undefined;
  const first = bytes[at]!;
  const second = bytes[at + 1]!;
  const opcode = first & 0x0f;
  const isLast = (first & FIN) !== 0;
  const isMasked = (second & MASKED) !== 0;
  let length = second & 0x7f;
  if ((first & RESERVED) !== 0) throw new Error("a frame has bits that no extension has");
  if (opcode > Opcode.binary && (opcode < Opcode.close || opcode > Opcode.pong)) {
    throw new Error(`a frame has the opcode ${opcode}, which is none`);
  }
  if (opcode >= Opcode.close && (!isLast || length > SHORT)) {
    throw new Error("a control frame is in pieces or too long");
  }
  const lengthBytes = length === IN_TWO ? 2 : length === IN_EIGHT ? 8 : 0;
  const headerBytes = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (end - at < headerBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, headerBytes);
  if (lengthBytes === 2) length = view.getUint16(2);
  if (lengthBytes === 8) length = view.getUint32(2) * WORD + view.getUint32(6);
  const mask = isMasked ? view.getUint32(2 + lengthBytes, true) : undefined;
  return { isLast, opcode, length, mask, headerBytes };
}

/**
 * Writes a header.
 *
 * @param header What it says; its `headerBytes` follow from the rest.
 * @param into Memory for at least {@linkcode MAX_HEADER_BYTES} bytes behind `at`.
 * @param at Where.
 * @returns Where it ends.
 */
export function writeHeader(
  { isLast, opcode, length, mask }: Omit<FrameHeader, "headerBytes">,
  into: Uint8Array,
  at: number,
): number {
  const view = new DataView(into.buffer, into.byteOffset + at);
  const masked = mask === undefined ? 0 : MASKED;
  view.setUint8(0, (isLast ? FIN : 0) | opcode);
  let end = 2;
  if (length <= SHORT) view.setUint8(1, masked | length);
  else if (length <= 0xffff) {
    view.setUint8(1, masked | IN_TWO);
    view.setUint16(2, length);
    end = 4;
  } else {
    view.setUint8(1, masked | IN_EIGHT);
    view.setUint32(2, Math.floor(length / WORD));
    view.setUint32(6, length % WORD);
    end = 10;
  }
  if (mask !== undefined) {
    view.setUint32(end, mask, true);
    end += 4;
  }
  return at + end;
}

/**
 * Masks bytes, or takes their mask away.
 *
 * @param bytes The bytes; they change in place.
 * @param mask The mask as in a {@linkcode FrameHeader}.
 * @param phase How many bytes of the same frame came before these.
 */
export function applyMask(bytes: Uint8Array, mask: number, phase: number): void {
  const { length } = bytes;
  const byteOf = (at: number) => mask >>> (8 * ((phase + at) & 3));
  let at = 0;
  // Words lie at multiples of four of the memory.
  for (const start = -bytes.byteOffset & 3; at < length && at < start; at++) {
    bytes[at] = bytes[at]! ^ byteOf(at);
  }
  if (at === length) return;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, (length - at) >> 2);
  const turn = 8 * ((phase + at) & 3);
  const turned = turn === 0 ? mask : (mask >>> turn) | (mask << (32 - turn));
  for (let word = 0; word < words.length; word++) words[word] = words[word]! ^ turned;
  for (at += 4 * words.length; at < length; at++) bytes[at] = bytes[at]! ^ byteOf(at);
}
