/**
 * The requests of one gateway whose calls have not all ended.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import { settlesWithin } from "../../base/abort.ts";
import type { ServedConnection } from "../../rpc/served_connection.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { Exchange } from "./exchange.ts";

/** A call that was cut at the end, for observers. */
export type TellCut = (call: ReturnType<Exchange["dispatcher"]["abortAll"]>[number]) => void;

/** Requests at work. Those that are answered at once never join. */
export class RunningExchanges {
  readonly #running = new Set<Exchange>();
  readonly #maxRequests: number;
  /** Made by `ended`, resolved and forgotten when the last request leaves. */
  #ended: PromiseWithResolvers<void> | undefined;

  /** @param maxRequests The most requests at work at once. */
  constructor(maxRequests: number) {
    this.#maxRequests = maxRequests;
  }

  /** How many handlers are at work. */
  get handlers(): number {
    let handlers = 0;
    for (const { dispatcher } of this.#running) handlers += dispatcher.running;
    return handlers;
  }

  /** The requests at work, as a server counts connections. */
  get openConnections(): ServedConnection[] {
    return [...this.#running];
  }

  /**
   * Refuses a request where too many are at work.
   *
   * @throws {HttpFault} 503.
   */
  checkRoom(): void {
    if (this.#running.size < this.#maxRequests) return;
    throw new HttpFault(503, `${this.#maxRequests} requests are under way; try again`, {
      "retry-after": "1",
    });
  }

  /** Keeps a request until all its handlers have returned. */
  add(exchange: Exchange): void {
    this.#running.add(exchange);
    exchange.dispatcher.idle().then(() => {
      this.#running.delete(exchange);
      if (this.#running.size > 0) return;
      this.#ended?.resolve();
      this.#ended = undefined;
    });
  }

  /** Ends the calls of a principal whose credential was revoked. */
  revoke(principal: Principal): void {
    for (const { dispatcher } of this.#running) dispatcher.revoke(principal);
  }

  /**
   * Waits until all have ended, and cuts those that take longer.
   *
   * @param timeoutMs How long they may take, in milliseconds.
   * @param tellCut Hears of each call that was cut.
   * @returns How many calls were cut.
   */
  async end(timeoutMs: number, tellCut: TellCut | undefined): Promise<number> {
    if (this.#running.size > 0 && timeoutMs > 0) {
      this.#ended ??= Promise.withResolvers<void>();
      await settlesWithin(this.#ended.promise, timeoutMs);
    }
    let cut = 0;
    for (const exchange of this.#running) {
      for (const call of exchange.cut()) {
        cut++;
        tellCut?.(call);
      }
    }
    return cut;
  }
}
