/**
 * Why a request is refused before it is a call.
 *
 * @module
 */

import type { ReplyHeaders } from "./http_message.ts";

const NO_HEADERS: ReplyHeaders = Object.freeze({});

/** A request that is no call: its form, its origin or its size is wrong. */
export class HttpFault extends Error {
  /** The status of the reply. */
  readonly status: number;
  /** What the reply says beside it. */
  readonly headers: ReplyHeaders;

  /**
   * @param status The status of the reply.
   * @param message What is wrong and what to do, for the client.
   * @param headers Headers that belong to the status.
   */
  constructor(status: number, message: string, headers: ReplyHeaders = NO_HEADERS) {
    super(message);
    this.name = "HttpFault";
    this.status = status;
    this.headers = headers;
  }
}

/**
 * The refusal of a body that is too long.
 *
 * @param maxBytes The most bytes that are taken.
 * @param bytes How many there are, where the request says so.
 */
export function bodyTooLong(maxBytes: number, bytes?: number): HttpFault {
  const length = bytes === undefined ? `more than ${maxBytes}` : String(bytes);
  return new HttpFault(413, `The body has ${length} bytes; at most ${maxBytes} are taken`);
}
