/**
 * Saves files that arrive. Only programs of Deno load it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { createSha256 } from "../../base/file/sha256.ts";
import type { SaveOptions } from "../../protocol/arrived.ts";
import type { ItemStream } from "../stream/item_stream.ts";
import { CheckedPieces } from "./checked_pieces.ts";
import { PartFile, refuseExisting } from "./part_file.ts";

/** A file that arrives and that nobody reads yet. */
export interface UnreadFile {
  /** Its length in bytes, as its sender said it. */
  readonly size: number;
  /** Its bytes. */
  readonly items: ItemStream<unknown>;
  /** Lets its sender begin at a byte. */
  begin(offset: number): void;
}

/**
 * Saves a file, as `ReceivedFile.saveTo` says it.
 *
 * @param file The file.
 * @param path Where.
 * @param options How.
 * @throws {DariError} As `saveTo`.
 */
export async function saveFile(
  file: UnreadFile,
  path: string,
  options: SaveOptions,
): Promise<void> {
  const { overwrite = false, signal } = options;
  signal?.throwIfAborted();
  if (!overwrite) await refuseExisting(path);
  using part = await PartFile.open(path, file.size);
  try {
    await receive(file, part, options);
    await part.finish(overwrite);
  } catch (error) {
    const isUseless = error instanceof DariError && error.code === "data";
    if (isUseless || part.length === 0) await part.remove().catch(() => {});
    throw error;
  }
}

async function receive(
  { size, items, begin }: UnreadFile,
  part: PartFile,
  { onProgress, signal }: SaveOptions,
): Promise<void> {
  const hash = await createSha256();
  const offset = part.length;
  begin(offset);
  const stop = () => void items.return();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    // Meanwhile the sender reads the same bytes, and what it sends waits inside its credit.
    await part.addTo(hash, signal);
    onProgress?.({ bytes: offset, size });
    for await (const piece of new CheckedPieces(items, { size, offset, hash })) {
      await part.write(piece);
      onProgress?.({ bytes: part.length, size });
    }
  } catch (error) {
    signal?.throwIfAborted(); // that it was ended, and not that so few bytes came
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
