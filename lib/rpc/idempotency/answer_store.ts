/**
 * Where a server keeps the answers of calls with an idempotency key.
 *
 * @module
 */

/** One text that is kept. */
export interface KeptText {
  /** Its key. */
  readonly key: string;
  /** The text. */
  readonly value: string;
  /** Changes with every put, where several programs use the store. */
  readonly version?: number;
  /** When it ends by itself, in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
}

/** How a text is kept. */
export interface KeepOptions {
  /** When it ends by itself, in milliseconds since the epoch. */
  readonly expiresAtMs: number;
  /**
   * Keep it only in place of the text with this version, or of none for 0; otherwise reject with
   * `failed_precondition`, retryable. A store of one program may leave it aside.
   */
  readonly ifVersion?: number;
}

/**
 * Texts under keys. A `Store` of `@dari/dari/store` is one, and keeps answers over restarts; without
 * one they are kept in memory.
 */
export interface AnswerStore {
  /**
   * Reads a text.
   *
   * @param key Its key.
   * @returns The text, or `null` where there is none or it has ended.
   */
  get(key: string): Promise<KeptText | null>;
  /**
   * Keeps a text; it is durable once this resolves.
   *
   * @param key Its key.
   * @param value The text.
   * @param options When it ends by itself, and in place of what it is kept.
   */
  put(key: string, value: string, options: KeepOptions): Promise<unknown>;
  /**
   * Forgets a text.
   *
   * @param key Its key.
   */
  delete(key: string): Promise<unknown>;
  /**
   * Reads all texts whose key begins with a prefix.
   *
   * @param prefix The prefix.
   * @returns The texts.
   */
  list(prefix: string): Promise<readonly KeptText[]>;
}

/** Keeps texts until the program ends. Its user bounds how many. */
export class MemoryAnswers implements AnswerStore {
  readonly #texts = new Map<string, KeptText>();
  readonly #now: () => number;

  /** @param now The time, in milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: string): Promise<KeptText | null> {
    const text = this.#texts.get(key);
    const isOver = text?.expiresAtMs !== undefined && text.expiresAtMs <= this.#now();
    return Promise.resolve(isOver ? null : text ?? null);
  }

  put(key: string, value: string, { expiresAtMs }: KeepOptions): Promise<void> {
    this.#texts.set(key, { key, value, expiresAtMs });
    return Promise.resolve();
  }

  delete(key: string): Promise<boolean> {
    return Promise.resolve(this.#texts.delete(key));
  }

  list(prefix: string): Promise<KeptText[]> {
    return Promise.resolve([...this.#texts.values()].filter(({ key }) => key.startsWith(prefix)));
  }
}
