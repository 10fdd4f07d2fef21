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
import { type CutBody, encodeBody, type SnapshotMark } from "../log/body.ts";
import type { SharedLog } from "../log/log.ts";
import type { Cut } from "../log/log_state.ts";
import { type MessageSeal, SEAL_BYTES } from "../log/seal.ts";
import type { OwnMessages } from "./own_messages.ts";
import { writePieces } from "./pieces.ts";

/** What became of an announcement or of a mark. */
interface TakenStep {
  readonly kind: string;
  readonly obsolete?: number;
}

/** The state of one moment, which stays as it is while others write. */
export interface SnapshotContent extends Disposable {
  /** The moment. */
  readonly cut: Cut;
  /** The state, in lines. */
  readonly lines: Iterable<string> | AsyncIterable<string>;
}

/** What snapshots are made with. */
export interface SnapshotterParts<T extends TakenStep> {
  /** The log. */
  readonly log: SharedLog;
  /** Seals pieces. */
  readonly seal: MessageSeal;
  /** Sends the announcement and the mark. */
  readonly own: OwnMessages<T>;
  /** A number from 0 to 1, so that not all servers announce at once. @default {Math.random} */
  readonly random?: (() => number) | undefined;
  /** About how many bytes a snapshot would have now. */
  readonly bytes: () => number;
  /** Hears why a snapshot could not be made. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** Makes snapshots. */
export class Snapshotter<T extends TakenStep> {
  readonly #parts: SnapshotterParts<T>;
  #isBusy = false;

  /**
   * @param parts What they are made with.
   */
  constructor(parts: SnapshotterParts<T>) {
    this.#parts = parts;
  }

  /** Announces a snapshot that is due, or leaves that to another server. */
  due(): void {
    const { random = Math.random } = this.#parts;
    if (!this.#isBusy && random() < limits.storeSnapshotShare) this.announce();
  }

  /** Announces a snapshot now. */
  announce(): void {
    const { own, bytes } = this.#parts;
    const body: CutBody = { bytes: Math.ceil(bytes()) };
    own.send("cut", encodeBody(body)).catch(() => {}); // the next tick tries again
  }

  /**
   * Makes the snapshot of a moment.
   *
   * @param open Reads the state, right after the announcement was taken.
   * @returns Resolves once the snapshot is whole, or could not be made: another server makes the next one.
   */
  async make(open: () => SnapshotContent): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      using content = open();
      await this.#write(content);
    } catch (error) {
      // What is left of it goes with what a later snapshot makes obsolete.
      this.#parts.onFailure?.(error);
    } finally {
      this.#isBusy = false;
    }
  }

  async #write({ cut, lines }: SnapshotContent): Promise<void> {
    const { log, seal, own } = this.#parts;
    const { sequence, taken, check } = cut;
    let pieces = 0;
    for await (const piece of writePieces(sequence, lines, log.maxMessageBytes - SEAL_BYTES)) {
      const { sealed } = seal.seal("piece", piece, sequence);
      await log.append({ snapshot: sequence }, await sealed);
      pieces++;
    }
    const mark: SnapshotMark = {
      ...{ cut: sequence, pieces, taken },
      ...(check !== undefined && { check }),
    };
    const marked = await own.send("mark", encodeBody(mark));
    if (marked.kind === "mark" && (marked.obsolete ?? 0) > 0) await log.remove(marked.obsolete!);
  }
}
