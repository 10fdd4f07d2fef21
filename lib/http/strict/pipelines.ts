/**
 * Requests that a client sends before it has the replies to earlier ones. node:http takes all that it
 * has read, and keeps their replies until the client takes the first.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2 | RFC 9112}, section 9.3.2
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { limits } from "../../base/limits.ts";

/** The requests of one engine that wait behind others of their connections. */
export class Pipelines {
  readonly #refuse: (socket: Duplex, reason: string) => void;
  /** Of each connection with one. */
  readonly #waiting = new WeakMap<Duplex, number>();

  /** @param refuse Cuts a connection whose client sends too many. */
  constructor(refuse: (socket: Duplex, reason: string) => void) {
    this.#refuse = refuse;
  }

  /**
   * Takes a request that waits behind another.
   *
   * @param request The request.
   * @param response Its response, which has no socket yet.
   * @returns Whether it is served; the connection was cut where it is not.
   */
  take({ socket }: IncomingMessage, response: ServerResponse): boolean {
    if (socket.destroyed) return false;
    const waiting = (this.#waiting.get(socket) ?? 0) + 1;
    if (waiting > limits.maxPipelinedRequests) {
      this.#refuse(socket, `more than ${limits.maxPipelinedRequests} requests wait for others`);
      return false;
    }
    this.#waiting.set(socket, waiting);
    response.once("close", () => this.#waiting.set(socket, this.#waiting.get(socket)! - 1));
    return true;
  }
}
