/**
 * What stands in the bundle for browsers in the place of saving files.
 *
 * @module
 */

/**
 * No browser gets here: `ReceivedFile.saveTo` asks first.
 *
 * @throws {Error} Always.
 */
export function saveFile(): never {
  throw new Error("A browser saves no files");
}
