/**
 * Fingerprints as people type them.
 *
 * @module
 */

import type { ValueType } from "../app/value_type.ts";

/** SHA-256 in hexadecimal; colons, spaces and case do not count. */
export const fingerprint: ValueType<string> = {
  placeholder: "HEX",
  expects: "a fingerprint of 64 hexadecimal digits, as dari serve prints it",
  completes: "nothing",
  parse(text) {
    const digits = text.replace(/[:\s]/g, "").toLowerCase();
    return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
  },
};
