/**
 * Which module the workers of a pool import.
 *
 * @module
 */

/** A URL with its scheme; one letter would be a drive of Windows. */
const ABSOLUTE_URL = /^[a-z][a-z\d+.-]+:/i;
const PATH = /^\.{0,2}\//;

/**
 * Resolves the `module` of a pool, which would otherwise be resolved by the file that imports it.
 *
 * @param module A URL, or a path: from the working directory where it begins with `./` or `../`.
 * @param directory The working directory.
 * @returns The module's URL.
 * @throws {TypeError} where it is neither.
 */
export function moduleUrlOf(module: URL | string, directory: () => string = Deno.cwd): string {
  const text = String(module);
  if (ABSOLUTE_URL.test(text)) return text;
  if (!PATH.test(text)) {
    throw new TypeError(
      `module is ${JSON.stringify(text)}; give new URL("./path/file.ts", import.meta.url), ` +
        `import.meta.resolve("name"), or a path that begins with "./", "../" or "/"`,
    );
  }
  const path = text.startsWith("/") ? text : `${directory()}/${text}`;
  const url = new URL("file:///");
  url.pathname = path.replaceAll("%", "%25").replaceAll("\\", "%5C");
  return url.href;
}
