/**
 * Fingerprints as people type them.
 *
 * @module
 */

import { parseFingerprint } from "../../cert/key/public_key.ts";
import type { ValueType } from "../app/value_type.ts";

/** SHA-256 in hexadecimal; colons, spaces and case do not count. */
export const fingerprint: ValueType<string> = {
  placeholder: "HEX",
  expects: "a fingerprint of 64 hexadecimal digits, as dari serve prints it",
  completes: "nothing",
  parse: parseFingerprint,
};
