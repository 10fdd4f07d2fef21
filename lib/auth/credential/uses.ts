/**
 * The uses of sessions and API keys, written down many in one commit.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import type { PutOperation, Store } from "../../store/store.ts";
import type { ApiKeys } from "./api_keys.ts";
import type { Sessions } from "./sessions.ts";

/** What uses are written with; all of it is made by `openIdentity`. */
export interface UsesParts {
  /** Takes the commits. */
  readonly store: Pick<Store, "batch">;
  /** The sessions. */
  readonly sessions: Pick<Sessions, "touching" | "touch" | "touchMs">;
  /** The API keys. */
  readonly keys: Pick<ApiKeys, "touching">;
}

/** A session's use that is not written down yet. */
interface SessionUse {
  readonly idleUntilMs: number;
  /** Called when there is no such session any more. */
  readonly onGone: () => void;
}

/**
 * Gathers uses and writes them down a moment later. A commit for each would be most of what a store of
 * many sessions does. Uses of the last moment are lost when the program ends: a session then ends
 * that much earlier.
 */
export class Uses implements Disposable {
  readonly #parts: UsesParts;
  #sessions = new Map<string, SessionUse>();
  #keys = new Set<string>();
  /** Cancels the next write; set while uses wait. */
  #stopTimer: (() => void) | undefined;

  /**
   * Begins without uses; `openIdentity` does that.
   *
   * @param parts What uses are written with.
   */
  constructor(parts: UsesParts) {
    this.#parts = parts;
  }

  /**
   * Notes the use of a session.
   *
   * @param key The id under which the session is stored.
   * @param idleUntilMs When it ends unless it is used again, in milliseconds since the epoch.
   * @param onGone Called when there is no such session any more.
   */
  session(key: string, idleUntilMs: number, onGone: () => void): void {
    this.#sessions.set(key, { idleUntilMs, onGone });
    this.#schedule();
  }

  /**
   * Notes the use of an API key.
   *
   * @param id The key's id.
   */
  apiKey(id: string): void {
    this.#keys.add(id);
    this.#schedule();
  }

  /** Writes down what was noted so far. It never rejects: a store that fails fails the next sign-in. */
  async flush(): Promise<void> {
    this.#stop();
    const uses = [...this.#sessions];
    const operations = [...this.#keys].map((id) => this.#parts.keys.touching(id));
    this.#sessions = new Map();
    this.#keys = new Set();
    const size = limits.maxUsesPerCommit;
    for (let at = 0; at < operations.length; at += size) {
      await this.#parts.store.batch(operations.slice(at, at + size)).catch(() => {});
    }
    for (let at = 0; at < uses.length; at += size) {
      await this.#writeSessions(uses.slice(at, at + size)).catch(() => {});
    }
  }

  /** Forgets what was not written down yet. */
  [Symbol.dispose](): void {
    this.#stop();
    this.#sessions.clear();
    this.#keys.clear();
  }

  async #writeSessions(uses: readonly [string, SessionUse][]): Promise<void> {
    const operations: PutOperation[] = [];
    for (const [key, { idleUntilMs, onGone }] of uses) {
      const touching = await this.#parts.sessions.touching(key, idleUntilMs);
      // The store let the session expire meanwhile: nobody could list or revoke it any more.
      if (touching === "gone") onGone();
      else if (touching !== "unchanged") operations.push(touching);
    }
    if (operations.length === 0) return;
    try {
      await this.#parts.store.batch(operations);
    } catch {
      // One of them was changed meanwhile, so none is written: each for itself.
      for (const [key, { idleUntilMs, onGone }] of uses) {
        if (!(await this.#parts.sessions.touch(key, idleUntilMs))) onGone();
      }
    }
  }

  #schedule(): void {
    // Short sessions must not end in the store before their use is written down.
    const delayMs = Math.min(limits.useWriteDelayMs, this.#parts.sessions.touchMs);
    this.#stopTimer ??= after(delayMs, () => void this.flush(), { persistent: false });
  }

  #stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }
}
