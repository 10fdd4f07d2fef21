/**
 * What those who take part in a log understand: while servers are upgraded, records of a newer form are
 * written only once all of them know it.
 *
 * Each says in its beats up to which form it understands. Who says nothing is of a dari before that, and
 * understands the first. Who has not been heard for a while takes no part any more.
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
  readonly atMs: number;
}

/** The body of a beat. */
interface BeatBody {
  /** Up to which form its writer understands. */
  readonly understands: number;
}

/** Knows which form all understand. */
export class Forms {
  readonly #understands: number;
  readonly #monotonic: () => number;
  readonly #heard = new BoundedMap<string, Heard>(limits.maxStoreWriterKeys);
  /** Since when it listens: before that somebody may not have been heard yet. */
  #sinceMs: number;
  /** The answer, and until when it holds. */
  #common = FIRST_FORM;
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
    return encodeBody({ understands: this.#understands } satisfies BeatBody);
  }

  /** The newest form that all who take part understand. */
  get common(): number {
    const now = this.#monotonic();
    if (now - this.#sinceMs < limits.storeFormQuietMs) return FIRST_FORM;
    if (now < this.#lookAtMs) return this.#common;
    this.#common = this.#understands;
    for (const { understands, atMs } of this.#heard.values()) {
      if (now - atMs < limits.storeFormQuietMs) this.#common = Math.min(this.#common, understands);
    }
    this.#lookAtMs = now + limits.storeTickMs;
    return this.#common;
  }

  /**
   * Hears a message of the log that was taken.
   *
   * @param message The message.
   */
  hear({ kind, writer, body }: OpenedMessage): void {
    const before = this.#heard.get(writer);
    const understands = kind === "beat" ? saidIn(body) : before?.understands ?? FIRST_FORM;
    this.#heard.set(writer, { understands, atMs: this.#monotonic() });
    if (understands < this.#common) this.#lookAtMs = -Infinity;
  }

  /** Messages were missing: somebody may have come meanwhile. */
  forget(): void {
    this.#sinceMs = this.#monotonic();
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

function saidIn(body: Bytes): number {
  const { understands } = parseBody<Partial<BeatBody>>(body) ?? {};
  return typeof understands === "number" && understands >= FIRST_FORM ? understands : FIRST_FORM;
}
