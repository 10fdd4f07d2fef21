/**
 * What the bundler writes.
 *
 * @module
 */

/** One file of a program. */
export interface ProgramFile {
  /** Its name, without folders. */
  readonly name: string;
  /** Its content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const encoder = new TextEncoder();

/**
 * Reads what the bundler wrote.
 *
 * @param directory Where it wrote.
 * @param change Changes the code of each file.
 * @returns The files in the order of their names.
 */
export async function collectFiles(
  directory: string,
  change: (code: string) => string,
): Promise<ProgramFile[]> {
  const files: ProgramFile[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    const code = await Deno.readTextFile(`${directory}/${name}`);
    files.push({ name, bytes: encoder.encode(change(withoutPaths(code))) });
  }
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The bundler names each source in a comment; temporary folders would make no two builds the same. */
function withoutPaths(code: string): string {
  return code.replaceAll(/^\/\/ (?:\.\.\/)+\S+\n/gm, "");
}
