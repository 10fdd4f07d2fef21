/**
 * How many threads serve the ports of `dari serve`.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { parseListenPlace } from "../../transport/scheme/listen_place.ts";
import type { ValueType } from "../app/value_type.ts";

/** The value of `--threads`: a number, or `auto` for one a core. */
export const threadCount: ValueType<number> = {
  placeholder: "N",
  expects: `auto, or a whole number from 1 to ${limits.maxServingThreads}`,
  completes: ["auto"],
  parse(text) {
    if (text === "auto") return Math.min(navigator.hardwareConcurrency, limits.maxServingThreads);
    const number = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
    return number >= 1 && number <= limits.maxServingThreads ? number : undefined;
  },
};

/**
 * Refuses threads that would have nothing to serve.
 *
 * @param threads How many.
 * @param places Where the server listens, as `--listen` has it.
 * @throws {DariError} `usage` where none of them is a port.
 */
export function checkThreads(threads: number, places: readonly string[]): void {
  if (threads === 1 || places.some((place) => "host" in parseListenPlace(place).address)) return;
  throw new DariError(
    "usage",
    `--threads ${threads} serves ports, and --listen names none: a Unix socket belongs to one ` +
      "thread; add --listen tls://HOST:PORT, or leave --threads out",
  );
}
