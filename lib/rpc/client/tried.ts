/**
 * A call that returns its error instead of throwing it.
 *
 * @module
 */

import { DeclaredError } from "../../base/declared_error.ts";
import { DariError } from "../../base/errors.ts";

/** How a call ended: with its value, with an error that its method declares, or with another one. */
export type Tried<Value, Declared> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly isDeclared: true; readonly error: Declared }
  | { readonly ok: false; readonly isDeclared: false; readonly error: DariError };

/**
 * Waits for a call and tells how it ended.
 *
 * @param call The call.
 * @returns How it ended.
 * @throws Whatever is no `DariError`: a mistake in the program.
 */
export async function tried(call: Promise<unknown>): Promise<Tried<unknown, DeclaredError>> {
  try {
    return { ok: true, value: await call };
  } catch (error) {
    if (error instanceof DeclaredError) return { ok: false, isDeclared: true, error };
    if (error instanceof DariError) return { ok: false, isDeclared: false, error };
    throw error;
  }
}
