/**
 * Files that the user names: their bytes, and the certificates in them.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { readPublicFile, reasonOf } from "../../../base/file/files.ts";
import { limits } from "../../../base/limits.ts";
import { type Certificate, inFile, parseCertificates } from "../../../cert/mod.ts";

/**
 * Reads the certificates of a file.
 *
 * @param path The file, PEM.
 * @returns At least one certificate, in order.
 * @throws {CertificateError} `data` when there is none or one cannot be read; the message names the
 * file.
 */
export async function readCertificates(path: string): Promise<[Certificate, ...Certificate[]]> {
  const text = await readPublicFile(path);
  return await inFile(path, () => parseCertificates(text));
}

/**
 * Reads a file that may be binary and holds no secret in the clear.
 *
 * @param path The file, or a link to it.
 * @throws {DariError} `io` if it cannot be read, `configuration` if it is not a regular file, `data` if
 * it is too large.
 */
export async function readBinaryFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const status = await Deno.stat(path);
    // Opening a FIFO would wait for a writer.
    if (!status.isFile) throw new DariError("configuration", `"${path}" is not a regular file`);
    if (status.size > limits.maxPemLength) throw new DariError("data", `"${path}" is too large`);
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
  }
}
