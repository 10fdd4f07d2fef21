import { DariError } from "../../lib/base/errors.ts";
import type { KeepOptions, KeptText } from "../../lib/rpc/idempotency/answer_store.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import type { TestClock } from "./clock.ts";

/**
 * What becomes of a write: it is taken, it is refused, the disk fails, or nobody is told whether it was
 * taken, which it is or is not.
 */
export type WriteFate = "take" | "refuse" | "io" | "taken, untold" | "lost, untold";

/** A store of answers whose writes go wrong where the test says so. */
export class FailingAnswers {
  /** What becomes of the next writes. */
  fate: WriteFate = "take";
  /** What reads give in place of what is there: the view of a server that is behind. */
  readonly old = new Map<string, KeptText | null>();
  readonly #store;

  constructor(clock: TestClock) {
    this.#store = createMemoryStore({ clock });
  }

  async get(key: string): Promise<KeptText | null> {
    const old = this.old.get(key);
    return old === undefined ? await this.#store.get(key) : old;
  }

  list(prefix: string): Promise<readonly KeptText[]> {
    return this.#store.list(prefix);
  }

  put(key: string, value: string, options: KeepOptions): Promise<unknown> {
    // Whoever has written, or was refused a version, has read what was there by then.
    return this.#write(async () => {
      this.old.delete(key);
      return await this.#store.put(key, value, options);
    });
  }

  delete(key: string): Promise<unknown> {
    return this.#write(() => this.#store.delete(key));
  }

  /** The state of the record under a name. */
  async state(name: string): Promise<string | undefined> {
    const kept = await this.#store.get(name);
    return kept === null ? undefined : JSON.parse(kept.value).state;
  }

  async #write(write: () => Promise<unknown>): Promise<unknown> {
    const { fate } = this;
    if (fate === "refuse") throw new DariError("unavailable", "The cluster takes nothing now");
    if (fate === "io") throw new DariError("io", "the disk is full");
    if (fate !== "lost, untold") {
      const written = await write();
      if (fate === "take") return written;
    }
    const options = { retryable: false };
    throw new DariError("unavailable", "The cluster did not say whether it was written", options);
  }
}
