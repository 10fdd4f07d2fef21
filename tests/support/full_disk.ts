/**
 * A disk that is full: every write takes half of what it is given and then fails, as `ENOSPC` does.
 *
 * @param after How many writes still succeed.
 */
export function fillDisk(after = 0): Disposable {
  const { write } = Deno.FsFile.prototype;
  let left = after;
  Deno.FsFile.prototype.write = async function (bytes: Uint8Array): Promise<number> {
    if (left-- > 0) return await write.call(this, bytes);
    await write.call(this, bytes.subarray(0, bytes.length / 2));
    throw new Error("No space left on device (os error 28)");
  };
  return { [Symbol.dispose]: () => void (Deno.FsFile.prototype.write = write) };
}
