/**
 * A store that is opened when it is needed.
 *
 * @module
 */

import type { Store } from "../../store/store.ts";

/**
 * Opens the store that a ledger is in.
 *
 * @param create Whether to make it where there is none.
 * @returns The store; `null` where there is none and none is to be made.
 */
export type StoreOpener = (create: boolean) => Promise<Store | null>;

/** A store that stays its owner's, or one that is opened at its first use and closed with this. */
export class LazyStore implements AsyncDisposable {
  readonly #given: Store | StoreOpener;
  /** What the opener gave or is about to give, until it is closed. */
  #opened: Promise<Store | null> | undefined;

  /** @param given The store, or how to open it. */
  constructor(given: Store | StoreOpener) {
    this.#given = given;
  }

  /**
   * Gives the store.
   *
   * @param create Whether to make it where there is none.
   * @returns The store; `null` where there is none and none is to be made.
   */
  async open(create: boolean): Promise<Store | null> {
    const given = this.#given;
    if (typeof given !== "function") return given;
    const store = await this.#openOnce(() => given(false));
    return store === null && create ? await this.#openOnce(() => given(true)) : store;
  }

  /** Closes the store, where it was opened here. */
  async [Symbol.asyncDispose](): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await (await opened)?.close();
  }

  async #openOnce(open: () => Promise<Store | null>): Promise<Store | null> {
    const opening = this.#opened ??= open();
    let store: Store | null = null;
    try {
      store = await opening;
      return store;
    } finally {
      // What was not there or could not be opened is tried again by the next use.
      if (store === null && this.#opened === opening) this.#opened = undefined;
    }
  }
}
