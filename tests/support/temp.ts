/** A directory of a test's own, removed with everything in it. */
export interface TempDirectory extends AsyncDisposable {
  /** Where it is. */
  readonly path: string;
}

/** Makes a directory that only this user can use. */
export async function tempDirectory(): Promise<TempDirectory> {
  const path = await Deno.realPath(await Deno.makeTempDir());
  await Deno.chmod(path, 0o700);
  return { path, [Symbol.asyncDispose]: () => removeAll(path) };
}

/** A program that was told to end may still write there, so it is tried again for a moment. */
async function removeAll(path: string, tries = 20): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (tries === 0 || !/not empty/i.test(String(error))) throw error;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await removeAll(path, tries - 1);
  }
}
