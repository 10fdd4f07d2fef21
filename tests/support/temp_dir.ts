/** A temporary directory that is removed with everything in it. */
export interface TempDir {
  /** Its path, without symbolic links. */
  readonly path: string;
  /** Removes it. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes a temporary directory, for `await using`. */
export async function makeTempDir(): Promise<TempDir> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "dari_test_" }));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
