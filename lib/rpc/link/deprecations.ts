/**
 * The caller's log of deprecated methods: one line a method.
 *
 * @module
 */

import { BoundedMap } from "../../base/bounded_map.ts";
import { limits } from "../../base/limits.ts";
import { escapeControls } from "../../base/text/printable.ts";
import { guardCallback } from "../observer_guard.ts";

/** Tells of each method once, whatever the number of calls. */
export class Deprecations {
  readonly #told = new BoundedMap<string, true>(limits.maxDeprecatedRemembered);
  readonly #tell: (method: string, advice: string) => void;

  /** @param tell Takes a method and what its server says about it; by default the console does. */
  constructor(tell: (method: string, advice: string) => void = warn) {
    this.#tell = guardCallback(tell);
  }

  /**
   * Tells of a method, unless it was told of already.
   *
   * @param method Its name.
   * @param advice What its server says; `true` where it says no more.
   */
  tell(method: string, advice: string | true): void {
    if (this.#told.get(method) === true) return;
    this.#told.set(method, true);
    const sentence = advice === true ? "" : advice.slice(0, limits.maxAdviceShownLength);
    this.#tell(method, escapeControls(sentence));
  }
}

function warn(method: string, advice: string): void {
  console.warn(`dari: "${escapeControls(method)}" is deprecated${advice && `: ${advice}`}`);
}
