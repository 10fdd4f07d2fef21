/**
 * Errors of files that the user names.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/**
 * Uses what a file holds, and names the file in the error where that cannot be used.
 *
 * @param path The file.
 * @param use Uses its content.
 * @returns What `use` gave.
 * @throws {DariError} What `use` threw, with the name of the file.
 */
export async function inFile<T>(path: string, use: () => T | Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (cause) {
    if (!(cause instanceof DariError)) throw cause;
    throw new DariError(cause.code, `Cannot use "${path}": ${cause.message}`, { cause });
  }
}
