/**
 * How long a client keeps its connection waiting.
 *
 * @module
 */

/** What a connection waits for, from one look to the next. */
export class WaitingClient {
  #what: string | undefined;
  #sinceMs = 0;

  /**
   * Notes what the connection waits for.
   *
   * @param what What; another text begins anew, and `undefined` is nothing.
   * @param nowMs The time, of a clock that only goes on.
   * @returns For how long it has been seen to wait for that, in milliseconds.
   */
  look(what: string | undefined, nowMs: number): number {
    if (what !== this.#what || what === undefined) {
      this.#what = what;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs;
  }
}
