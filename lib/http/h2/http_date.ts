/**
 * The header `Date`, which changes once a second.
 *
 * @module
 */

import { sharedAfter } from "../../base/shared_after.ts";

let text: string | undefined;

/**
 * The date as HTTP writes it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1 | RFC 9110}, section 6.6.1
 */
export function httpDate(): string {
  if (text !== undefined) return text;
  sharedAfter(1_000, () => text = undefined);
  return text = new Date().toUTCString();
}
