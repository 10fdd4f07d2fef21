/**
 * When a certificate is to be renewed.
 *
 * @module
 */

import { limits } from "../base/limits.ts";

/**
 * Whether a certificate is past two thirds of its life.
 *
 * @param certificate Its two dates, in milliseconds since the epoch.
 * @param nowMs The time, in milliseconds since the epoch.
 */
export function isDueForRenewal(
  { notBeforeMs, notAfterMs }: { readonly notBeforeMs: number; readonly notAfterMs: number },
  nowMs: number,
): boolean {
  return nowMs > notBeforeMs + (notAfterMs - notBeforeMs) * limits.renewAfterLifeShare;
}
