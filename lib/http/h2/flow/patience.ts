/**
 * How much a client may send that asks for nothing.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import { CODE, ConnectionFault } from "../frames/frame.ts";

/**
 * Counts frames of one connection that cost work and ask for none: resets of streams, pings, settings,
 * empty data, window updates. What the server sends buys back some of them, and so does time.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9113#section-10.5 | RFC 9113}, section 10.5
 */
export class Patience {
  #left: number = limits.maxHttp2IdleFrames;

  /**
   * Counts a frame.
   *
   * @throws {ConnectionFault} `enhanceYourCalm` for one too many.
   */
  spend(): void {
    if (--this.#left >= 0) return;
    throw new ConnectionFault(
      CODE.enhanceYourCalm,
      `More than ${limits.maxHttp2IdleFrames} frames came that ask for nothing`,
    );
  }

  /**
   * Forgives what a client sends for data: a window update of the stream and one of the connection for
   * each frame, and more where it takes small pieces.
   *
   * @param bytes The length of a frame of data that was sent.
   */
  sent(bytes: number): void {
    this.#earn(2 + bytes / limits.http2BytesPerIdleFrame);
  }

  /** Forgives one for a request that was served to its end. */
  served(): void {
    this.#earn(1);
  }

  /** Forgives some for the time since it was called before. */
  looked(): void {
    this.#earn(limits.http2IdleFramesPerLook);
  }

  #earn(frames: number): void {
    this.#left = Math.min(this.#left + frames, limits.maxHttp2IdleFrames);
  }
}
