/**
 * The result of a call, saved to a file.
 *
 * @module
 */

import { PartFile, refuseExisting } from "../../rpc/file/part_file.ts";
import { ReceivedFile } from "../../rpc/file/received_file.ts";

/** How a result is saved. */
export interface OutputOptions {
  /** The file. */
  readonly path: string;
  /** Whether it may replace a file. */
  readonly overwrite: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Writes what is neither a file nor bytes. */
  toJson(value: unknown, indent?: number): string;
  /** The result is a file: it can be asked for again. */
  onFile(): void;
  /** Told how far that file is. */
  onProgress(bytes: number, size: number): void;
}

/**
 * Refuses what cannot be saved before a method is called for it.
 *
 * @param options Where it would be saved.
 * @throws {DariError} `already_exists`.
 */
export async function checkOutput(
  { path, overwrite }: Pick<OutputOptions, "path" | "overwrite">,
): Promise<void> {
  if (!overwrite) await refuseExisting(path);
}

/**
 * Saves what a call gives: the bytes of a file (the result, or its only member that is one), of bytes
 * and of a stream of bytes; anything else as JSON, the items of a stream one a line.
 *
 * @param items The call.
 * @param options Where, and who is told.
 * @returns The bytes that were saved.
 * @throws {DariError} What the call throws, and why the file could not be written.
 */
export async function saveOutput(
  items: AsyncIterator<unknown, unknown>,
  options: OutputOptions,
): Promise<number> {
  const first = await items.next();
  if (!first.done) return await savePieces(first, items, options);
  const result = first.value ?? null;
  const file = fileIn(result);
  if (file !== undefined) return await saveFile(file, options);
  if (isStream(result)) {
    const inner = result[Symbol.asyncIterator]();
    return await savePieces(await inner.next(), inner, options);
  }
  return await saveWhole(
    [result instanceof Uint8Array ? result : json(result, options, 2)],
    options,
  );
}

async function saveFile(file: ReceivedFile, options: OutputOptions): Promise<number> {
  const { path, overwrite, signal } = options;
  options.onFile();
  const onProgress = ({ bytes, size }: { readonly bytes: number; readonly size: number }) =>
    options.onProgress(bytes, size);
  await file.saveTo(path, { overwrite, signal, onProgress });
  return file.size;
}

async function savePieces(
  first: IteratorResult<unknown, unknown>,
  rest: AsyncIterator<unknown, unknown>,
  options: OutputOptions,
): Promise<number> {
  async function* pieces() {
    for (let item = first; !item.done; item = await rest.next()) {
      yield item.value instanceof Uint8Array ? item.value : json(item.value, options);
    }
  }
  return await saveWhole(pieces(), options);
}

/** What does not come to its end is not kept: it cannot be gone on with. */
async function saveWhole(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { path, overwrite }: OutputOptions,
): Promise<number> {
  using part = await PartFile.open(path, 0);
  try {
    for await (const piece of pieces) await part.write(piece);
    await part.finish(overwrite);
    return part.length;
  } catch (error) {
    await part.remove().catch(() => {});
    throw error;
  }
}

function json(value: unknown, { toJson }: OutputOptions, indent?: number): Uint8Array {
  return new TextEncoder().encode(`${toJson(value, indent)}\n`);
}

function fileIn(result: unknown): ReceivedFile | undefined {
  if (result instanceof ReceivedFile) return result;
  if (typeof result !== "object" || result === null) return undefined;
  const files = Object.values(result).filter((member) => member instanceof ReceivedFile);
  return files.length === 1 ? files[0] : undefined;
}

/** Whether a result is a stream, and no file. */
export function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value &&
    !(value instanceof ReceivedFile);
}
