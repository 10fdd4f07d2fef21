/** A directory of a test's own, removed with everything in it. */
export interface TempDirectory extends AsyncDisposable {
  /** Where it is. */
  readonly path: string;
}

/** Makes a directory that only this user can use. */
export async function tempDirectory(): Promise<TempDirectory> {
  const path = await Deno.realPath(await Deno.makeTempDir());
  await Deno.chmod(path, 0o700);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
