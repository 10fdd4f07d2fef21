/**
 * The state of this server: read from a snapshot, and then kept up to date by the log.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { decodeMark, type SnapshotMark } from "../fold/batch.ts";
import type { LogMessage, SharedLog } from "../log/log.ts";
import type { MessageOpener, OpenedMessage } from "../fold/seal.ts";
import { readSnapshot } from "./snapshot.ts";
import { SharedState, type Taken } from "../fold/state.ts";

/** What a follower works with. */
export interface FollowerParts {
  /** The log. */
  readonly log: SharedLog;
  /** Opens messages. */
  readonly opener: MessageOpener;
  /** Hears of each message that was taken, or passed over. */
  readonly onTaken: (taken: Taken, message: OpenedMessage | undefined, at: LogMessage) => void;
  /** Hears that messages were missing, so that the state is wrong until it was read anew. */
  readonly onGap: () => void;
  /** Hears that it was read anew. */
  readonly onReread: () => void;
  /** Hears why the log cannot be followed any more. */
  readonly onEnd: (error: DariError) => void;
}

/** Follows the log. */
export class Follower implements Disposable {
  readonly #parts: FollowerParts;
  #state = new SharedState();
  #following: Disposable | undefined;
  /** Grows each time the log is followed anew, so that what was under way before is not taken. */
  #round = 0;
  /** Ends once every message that came was taken. */
  #taking: Promise<void> = Promise.resolve();
  #isEnded = false;
  #isWhole = false;

  /**
   * @param parts What it works with.
   */
  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** The state after the last message that was taken. */
  get state(): SharedState {
    return this.#state;
  }

  /** Whether no message is missing before the last one that was taken. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /**
   * Reads the newest snapshot, and begins to follow the log.
   *
   * @throws {DariError} `unavailable` when the log cannot be read.
   */
  async start(): Promise<void> {
    const round = ++this.#round;
    const state = await readState(this.#parts);
    if (this.#isEnded || round !== this.#round) return;
    this.#state = state;
    this.#isWhole = true;
    this.#follow();
  }

  /** Follows the log anew from the last message that was taken: no messages came for too long. */
  again(): void {
    if (this.#isWhole) this.#follow();
    else this.#reread();
  }

  #follow(): void {
    if (this.#isEnded) return;
    const round = ++this.#round;
    this.#following?.[Symbol.dispose]();
    this.#following = this.#parts.log.follow(this.#state.sequence, (message) => {
      // Opened at once, and taken in order.
      const opened = this.#parts.opener.open(message.data);
      return this.#taking = this.#taking.then(async () => {
        const known = await opened;
        if (round === this.#round && !this.#isEnded) this.#take(known, message);
      });
    });
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.#isEnded = true;
    this.#following?.[Symbol.dispose]();
  }

  #take(message: OpenedMessage | undefined, at: LogMessage): void {
    const state = this.#state;
    if (at.sequence <= state.sequence) return; // it came twice
    const taken = state.take(message, at.sequence, at.atMs);
    if (taken.kind === "gap") {
      this.#isWhole = false;
      this.#parts.onGap();
      return this.#reread();
    }
    if (taken.kind === "newer") {
      this[Symbol.dispose]();
      return this.#parts.onEnd(
        new DariError(
          "configuration",
          "A newer dari writes to the cluster's store; upgrade this one",
        ),
      );
    }
    this.#parts.onTaken(taken, message, at);
  }

  #reread(): void {
    this.#following?.[Symbol.dispose]();
    this.#following = undefined;
    this.start().then(() => this.#isWhole && this.#parts.onReread(), () => {
      // The log cannot be read now; `again` tries it again.
    });
  }
}

/** Reads the newest snapshot that is whole; nothing where there is none. */
async function readState({ log, opener }: FollowerParts): Promise<SharedState> {
  for (let attempt = 0; attempt < limits.maxStoreSnapshotTries; attempt++) {
    const mark = await newestMark(log, opener);
    if (mark === undefined) return new SharedState();
    const state = await readSnapshot(mark, log.read({ snapshot: mark.cut }), opener);
    if (state !== undefined) return state;
    // A newer one took its place meanwhile.
  }
  throw new DariError("unavailable", "No snapshot of the cluster's store is whole; try again");
}

async function newestMark(
  log: SharedLog,
  opener: MessageOpener,
): Promise<SnapshotMark | undefined> {
  let newest: SnapshotMark | undefined;
  for await (const { data } of log.read("mark")) {
    const opened = await opener.open(data);
    const mark = opened?.kind === "mark" ? decodeMark(opened.body) : undefined;
    if (mark !== undefined && mark.cut > (newest?.cut ?? 0)) newest = mark;
  }
  return newest;
}
