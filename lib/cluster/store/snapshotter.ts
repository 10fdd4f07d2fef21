/**
 * Makes snapshots of the state when the log has grown, so that it stays bounded.
 *
 * One server announces a moment in the log (`cut`), writes the state of that moment in pieces, and says
 * that they are whole (`mark`). Only then goes what the snapshot before it did without. Whoever ends
 * between two of these steps leaves the old snapshot, and every message since, in their place.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { encodeBody } from "../fold/batch.ts";
import type { SharedLog } from "../log/log.ts";
import type { OwnMessages } from "./own_messages.ts";
import { type MessageSeal, SEAL_BYTES } from "../fold/seal.ts";
import { writePieces } from "./snapshot.ts";
import type { SharedState } from "../fold/state.ts";

/** What snapshots are made with. */
export interface SnapshotterParts {
  /** The log. */
  readonly log: SharedLog;
  /** Seals pieces. */
  readonly seal: MessageSeal;
  /** Sends the announcement and the mark. */
  readonly own: OwnMessages;
  /** A number from 0 to 1, so that not all servers announce at once. @default {Math.random} */
  readonly random?: (() => number) | undefined;
}

/** Makes snapshots. */
export class Snapshotter {
  readonly #parts: SnapshotterParts;
  #isBusy = false;

  /**
   * @param parts What they are made with.
   */
  constructor(parts: SnapshotterParts) {
    this.#parts = parts;
  }

  /**
   * Announces a snapshot where the log has grown enough.
   *
   * @param state The state.
   * @param nowMs The time.
   */
  tick(state: SharedState, nowMs: number): void {
    const { random = Math.random } = this.#parts;
    if (this.#isBusy || !isDue(state) || state.isCutting(nowMs)) return;
    if (random() < limits.storeSnapshotShare) this.announce();
  }

  /** Announces a snapshot now. */
  announce(): void {
    this.#parts.own.send("cut").catch(() => {}); // the next tick tries again
  }

  /**
   * Makes the snapshot of this moment.
   *
   * @param state The state, right after the announcement was taken.
   * @returns Resolves once the snapshot is whole, or could not be made: another server makes the next one.
   */
  async make(state: SharedState): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      const { log, seal, own } = this.#parts;
      const facts = state.facts();
      const { sequence, taken } = facts.cut;
      const entries = state.entries.all();
      let pieces = 0;
      for await (const piece of writePieces(facts, entries, log.maxMessageBytes - SEAL_BYTES)) {
        const { sealed } = seal.seal("piece", piece, sequence);
        await log.append({ snapshot: sequence }, await sealed);
        pieces++;
      }
      const marked = await own.send("mark", encodeBody({ cut: sequence, pieces, taken }));
      if (marked.kind === "mark" && marked.obsolete > 0) await log.remove(marked.obsolete);
    } catch {
      // What is left of it goes with what a later snapshot makes obsolete.
    } finally {
      this.#isBusy = false;
    }
  }
}

/** As the state grows, so does the log between two snapshots. */
function isDue({ since, entries }: SharedState): boolean {
  return since.messages >= Math.max(limits.storeSnapshotMessages, entries.size) ||
    since.bytes >= Math.max(limits.storeSnapshotBytes, entries.length);
}
