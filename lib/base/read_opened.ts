/**
 * Reading a file that is open.
 *
 * @module
 */

/**
 * Reads an open file from where it stands.
 *
 * @param file The file.
 * @param size How many bytes it has.
 */
export async function readOpened(
  file: Deno.FsFile,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
