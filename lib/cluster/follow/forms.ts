/**
 * What those who take part in a log understand: while servers are upgraded, records of a newer form are
 * written only once all of them know it.
 *
 * Each says in its beats up to which form it understands. One that says nothing is of an older dari and
 * understands the first form. One that has not been heard for a while takes no part any more.
 *
 * @module
 */

import { BoundedMap } from "../../base/bounded_map.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeBody, FIRST_FORM, parseBody } from "../log/body.ts";
import type { Bytes, OpenedMessage } from "../log/seal.ts";

/** One of those who take part. */
interface Heard {
  readonly understands: number;
  /** Whether it knows points of the log. */
  readonly points: boolean;
  readonly atMs: number;
}

/** The body of a beat. */
interface BeatBody {
  /** Up to which form its writer understands. */
  readonly understands: number;
  /** Whether its writer knows what it is when a message says what log it was decided on. */
  readonly points: boolean;
}

/** Knows which form all understand. */
export class Forms {
  readonly #understands: number;
  readonly #monotonic: () => number;
  readonly #heard = new BoundedMap<string, Heard>(limits.maxStoreWriterKeys);
  /** Since when it listens: before that somebody may not have been heard yet. */
  #sinceMs: number;
  /** The answers, and until when they hold. */
  #common = FIRST_FORM;
  #allKnowPoints = false;
  #lookAtMs = -Infinity;

  /**
   * @param understands Up to which form this program understands.
   * @param monotonic Gives the time on a clock that never steps.
   */
  constructor(understands: number, monotonic: () => number) {
    this.#understands = understands;
    this.#monotonic = monotonic;
    this.#sinceMs = monotonic();
  }

  /** What a beat of this program says. */
  get beat(): Bytes {
    return encodeBody({ understands: this.#understands, points: true } satisfies BeatBody);
  }

  /** The newest form that all who take part understand. */
  get common(): number {
    this.#look();
    return this.#common;
  }

  /** Whether all who take part know what it is when a message says what log it was decided on. */
  get allKnowPoints(): boolean {
    this.#look();
    return this.#allKnowPoints;
  }

  /**
   * Hears a message of the log that was taken.
   *
   * @param message The message.
   */
  hear({ kind, writer, body }: OpenedMessage): void {
    const before = this.#heard.get(writer);
    const said = kind === "beat" ? saidIn(body) : before ?? SAYS_NOTHING;
    this.#heard.set(writer, { ...said, atMs: this.#monotonic() });
    if (said.understands < this.#common || !said.points) this.#lookAtMs = -Infinity;
  }

  /** Messages were missing: somebody may have come meanwhile. */
  forget(): void {
    this.#sinceMs = this.#monotonic();
  }

  #look(): void {
    const now = this.#monotonic();
    const isSure = now - this.#sinceMs >= limits.storeFormQuietMs;
    if (isSure && now < this.#lookAtMs) return;
    this.#lookAtMs = isSure ? now + limits.storeTickMs : -Infinity;
    this.#common = isSure ? this.#understands : FIRST_FORM;
    this.#allKnowPoints = isSure;
    for (const { understands, points, atMs } of isSure ? this.#heard.values() : []) {
      if (now - atMs >= limits.storeFormQuietMs) continue;
      this.#common = Math.min(this.#common, understands);
      this.#allKnowPoints &&= points;
    }
  }
}

/** The error of what cannot be written yet. */
export function notYetUnderstood(): DariError {
  return new DariError(
    "failed_precondition",
    "Servers of an older dari take part in the cluster, which do not know this yet: upgrade all of them; " +
      `it is possible ${limits.storeFormQuietMs / 1_000} s after the last one has ended`,
    { retryable: false },
  );
}

const SAYS_NOTHING: BeatBody = { understands: FIRST_FORM, points: false };

function saidIn(body: Bytes): BeatBody {
  const { understands, points } = parseBody<Partial<BeatBody>>(body) ?? SAYS_NOTHING;
  const isForm = typeof understands === "number" && understands >= FIRST_FORM;
  return { understands: isForm ? understands : FIRST_FORM, points: points === true };
}
