/**
 * The budget of retries of one client.
 *
 * @module
 */

/**
 * Tokens that failures spend and successes earn: with half of them or fewer left nothing is made
 * again (gRFC A6, "Throttling Retry Attempts").
 *
 * Invariant: there are between 0 and `maxTokens`.
 */
export class RetryThrottle {
  readonly #maxTokens: number;
  readonly #tokenRatio: number;
  #tokens: number;

  /**
   * @param maxTokens How many there are at first and at most.
   * @param tokenRatio How many a success earns.
   */
  constructor(maxTokens: number, tokenRatio: number) {
    this.#maxTokens = this.#tokens = maxTokens;
    this.#tokenRatio = tokenRatio;
  }

  /** How many there are. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Whether a call may be made again. */
  get allowsRetry(): boolean {
    return this.#tokens > this.#maxTokens / 2;
  }

  /** So many calls succeeded. */
  succeeded(count = 1): void {
    this.#tokens = Math.min(this.#maxTokens, this.#tokens + count * this.#tokenRatio);
  }

  /** A call that was sent failed in a way that may pass. */
  failed(): void {
    this.#tokens = Math.max(0, this.#tokens - 1);
  }
}
