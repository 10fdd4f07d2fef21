/**
 * The messages of a connection through NATS: a byte that names the kind, and what belongs to it.
 *
 * @module
 */

/** The kinds of message. The numbers are the wire's. */
export const kinds = {
  /** A client introduces itself to a service; answers go to the message's reply subject. */
  open: 0,
  /** The service has taken the client: the subject that the client writes to, in UTF-8. */
  opened: 1,
  /** The number of the message and bytes. */
  data: 2,
  /** How many bytes were read in all; to one who asked by `full`, also how many may be on the way. */
  credit: 3,
  /** The number of the message: no bytes follow. */
  end: 4,
  /** The connection is over: the reason, in UTF-8. */
  cut: 5,
  /** Nothing: whether anybody is there shows in whether it can be delivered. */
  probe: 6,
  /** Nothing: as many bytes are on the way as may be, and the sender takes a larger window. */
  full: 7,
} as const;

/** The bytes before those of a message of data. */
export const HEAD = 5;
const WINDOW_BYTES = 4;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Makes a message with a number.
 *
 * @param kind Its kind.
 * @param number The number, modulo 2^32.
 * @param bytes What follows.
 */
export function numbered(kind: number, number: number, bytes?: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEAD + (bytes?.length ?? 0));
  message[0] = kind;
  message[1] = number >>> 24;
  message[2] = number >>> 16;
  message[3] = number >>> 8;
  message[4] = number;
  if (bytes !== undefined) message.set(bytes, HEAD);
  return message;
}

/**
 * Reads the number of a message.
 *
 * @param message The message.
 * @returns The number; `undefined` where it is too short to have one.
 */
export function numberOf(message: Uint8Array): number | undefined {
  if (message.length < HEAD) return undefined;
  return ((message[1]! << 24) | (message[2]! << 16) | (message[3]! << 8) | message[4]!) >>> 0;
}

/**
 * Makes a message of credit that says how large the window is from now on.
 *
 * @param read How many bytes were read in all, modulo 2^32.
 * @param windowBytes How many may be on the way.
 */
export function creditWithWindow(read: number, windowBytes: number): Uint8Array {
  const message = numbered(kinds.credit, read, new Uint8Array(WINDOW_BYTES));
  new DataView(message.buffer).setUint32(HEAD, windowBytes);
  return message;
}

/**
 * Reads how large the window is from a message of credit.
 *
 * @param message The message.
 * @returns How many bytes may be on the way; `undefined` where it does not say that.
 */
export function windowOf(message: Uint8Array): number | undefined {
  if (message.length < HEAD + WINDOW_BYTES) return undefined;
  return new DataView(message.buffer, message.byteOffset).getUint32(HEAD);
}

/**
 * Makes a message with text, or with nothing.
 *
 * @param kind Its kind.
 * @param text The text.
 */
export function worded(kind: number, text = ""): Uint8Array {
  const bytes = encoder.encode(text);
  const message = new Uint8Array(1 + bytes.length);
  message[0] = kind;
  message.set(bytes, 1);
  return message;
}

/**
 * Reads the text of a message.
 *
 * @param message The message.
 */
export function wordsOf(message: Uint8Array): string {
  return decoder.decode(message.subarray(1));
}
