/**
 * The list of a release's files and their hashes, as `sha256sum` writes and checks it.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";

/** The list itself. */
export const CHECKSUMS = "SHA256SUMS";
/** The signature of the list, as `openssl dgst -sha256` takes it. */
export const SIGNATURE = "SHA256SUMS.sig";
/** The certificate of the key that has signed it, with its chain, PEM. */
export const CERTIFICATE = "SHA256SUMS.crt";

/** The hash of each file in hexadecimal, by the file's name. */
export type Checksums = ReadonlyMap<string, string>;

/**
 * Writes the list.
 *
 * @param checksums The hashes.
 * @returns Its text, a line for each file in the order of their names.
 */
export function formatChecksums(checksums: Checksums): string {
  const names = [...checksums.keys()].sort();
  return names.map((name) => `${checksums.get(name)}  ${name}\n`).join("");
}

/**
 * Reads a list.
 *
 * @param text Its text.
 * @returns The hashes.
 * @throws {DariError} `data` for a line that is malformed, a name with a folder, or a name twice.
 */
export function parseChecksums(text: string): Checksums {
  const checksums = new Map<string, string>();
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [, hash, name] = /^([0-9a-f]{64}) [ *]([\w][\w.+-]*)$/.exec(line) ?? [];
    if (hash === undefined || name === undefined || checksums.has(name)) {
      const reason = "a line must have a SHA-256 and the name of a file, each name once";
      throw new DariError(
        "data",
        `${CHECKSUMS} is malformed at ${JSON.stringify(line)}: ${reason}`,
      );
    }
    checksums.set(name, hash);
  }
  return checksums;
}

/**
 * Hashes a file, however large.
 *
 * @param path The file.
 * @returns SHA-256 in hexadecimal; `undefined` where there is no such file.
 * @throws {DariError} `io` when it cannot be read.
 */
export async function hashFile(path: string): Promise<string | undefined> {
  const { createHash } = await import("node:crypto"); // Web Crypto takes no stream
  const hash = createHash("sha256");
  try {
    using file = await Deno.open(path);
    for await (const chunk of file.readable) hash.update(chunk);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
  }
  return encodeHex(new Uint8Array(hash.digest()));
}

/** Which files of a release are here. */
export interface CheckedFiles {
  /** Those that have the hash in the list. */
  readonly intact: readonly string[];
  /** Those of the list that are not here. */
  readonly absent: readonly string[];
}

/**
 * Compares the files in a folder with a list.
 *
 * @param directory The folder.
 * @param checksums The list.
 * @returns Which files are here, all of them intact.
 * @throws {DariError} `data` when one differs or when none is here, `io` when one cannot be read.
 */
export async function checkFiles(directory: string, checksums: Checksums): Promise<CheckedFiles> {
  const [intact, absent]: [string[], string[]] = [[], []];
  for (const [name, expected] of checksums) {
    const hash = await hashFile(`${directory}/${name}`);
    if (hash === undefined) absent.push(name);
    else if (hash === expected) intact.push(name);
    else {
      throw new DariError(
        "data",
        `"${name}" is not the released file: its SHA-256 is ${hash}, and ${expected} in the list; ` +
          "download it again",
      );
    }
  }
  if (intact.length > 0) return { intact, absent };
  throw new DariError("data", `None of the ${checksums.size} released files is in "${directory}"`);
}
