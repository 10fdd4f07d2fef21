/**
 * Items that pass through an interceptor, and the source that ends with them.
 *
 * @module
 */

/** Whether a value is a source of items. */
export function isItems(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/**
 * Ends a source that nobody reads.
 *
 * @param source The source; anything else is left alone.
 */
export function endItems(source: unknown): void {
  if (!isItems(source)) return;
  try {
    const { return: leave, cancel } = source as { return?(): unknown; cancel?(): unknown };
    const ended = (leave ?? cancel)?.call(source);
    if (ended instanceof Promise) ended.catch(() => {}); // nobody is there to hear of it
  } catch {
    // nor of this
  }
}

/** The items that an interceptor gives in place of those of a source. */
export class ItemsOf implements AsyncIterableIterator<unknown, unknown, undefined> {
  readonly #items: AsyncIterator<unknown, unknown, undefined>;
  readonly #source: Promise<unknown>;
  #isSourceEnded = false;

  /**
   * @param items What the interceptor gives.
   * @param source What it reads from, as a rule; it ends with them.
   */
  constructor(items: AsyncIterable<unknown>, source: Promise<unknown>) {
    this.#items = items[Symbol.asyncIterator]() as AsyncIterator<unknown, unknown, undefined>;
    this.#source = source;
  }

  async next(): Promise<IteratorResult<unknown, unknown>> {
    try {
      const result = await this.#items.next();
      if (result.done) this.#endSource();
      return result;
    } catch (error) {
      this.#endSource();
      throw error;
    }
  }

  async return(value?: unknown): Promise<IteratorResult<unknown, unknown>> {
    // First the source: items that wait for it would not hear that they are left.
    this.#endSource();
    return await this.#items.return?.(value) ?? { done: true, value };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #endSource(): void {
    if (this.#isSourceEnded) return;
    this.#isSourceEnded = true;
    this.#source.then(endItems, () => {});
  }
}
