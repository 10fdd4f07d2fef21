/**
 * Names of files without their folders.
 *
 * @module
 */

/**
 * The name of a file without the folders before it, whichever system wrote it.
 *
 * @param path A path, also one that a stranger gave.
 * @returns The name; `undefined` where the path ends with no name that a file can have.
 */
export function baseName(path: string): string | undefined {
  const name = path.replace(/^.*[/\\]/s, "");
  return ["", ".", ".."].includes(name) || name.includes("\0") ? undefined : name;
}
