/**
 * The words of HTTP/2: types of frames, flags, error codes and settings, and what breaks its rules.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9113 | RFC 9113}, sections 4 to 7
 * @module
 */

/** What every client sends first (section 3.4). */
export const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** The bytes of a frame before its payload (section 4.1). */
export const FRAME_HEAD_BYTES = 9;

/** The longest payload, which this side does not raise for its clients and never exceeds (section 4.2). */
export const MAX_FRAME_BYTES = 16_384;

/** Windows before either side changes them (section 6.9.2). */
export const DEFAULT_WINDOW_BYTES = 65_535;

/** The largest window (section 6.9.1). */
export const MAX_WINDOW_BYTES = 2 ** 31 - 1;

/** Types of frames (section 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames (section 6). */
export const FLAG = {
  endStream: 0x1,
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

/** Settings (section 6.5.2; RFC 8441 section 3; RFC 9218 section 2.1). */
export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
  noPriorities: 9,
} as const;

/** Error codes (section 7). */
export const CODE = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;

/** The client broke a rule of HTTP/2. */
abstract class Fault extends Error {
  /** Why, of {@linkcode CODE}. */
  readonly code: number;

  /**
   * @param code Why, of {@linkcode CODE}.
   * @param message What the client did.
   */
  constructor(code: number, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The client broke a rule of the connection, which ends with GOAWAY (section 5.4.1). */
export class ConnectionFault extends Fault {}

/** The client broke a rule of one stream, which is reset (section 5.4.2). */
export class StreamFault extends Fault {}

/** One frame as it came. */
export interface Frame {
  /** Of {@linkcode FRAME}, or one that is not known. */
  readonly type: number;
  readonly flags: number;
  /** The stream; 0 for the connection. */
  readonly id: number;
  /** Valid until the handler of the frame returns. */
  readonly payload: Uint8Array;
}

/**
 * Reads a number of 31 bits; the reserved bit before it says nothing.
 *
 * @param bytes Where it stands.
 * @param at Its first byte.
 */
export function read31(bytes: Uint8Array, at: number): number {
  return (read32(bytes, at) & 0x7fff_ffff) >>> 0;
}

/**
 * Reads a number of 32 bits.
 *
 * @param bytes Where it stands.
 * @param at Its first byte.
 */
export function read32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
}
