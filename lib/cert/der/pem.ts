/**
 * PEM (RFC 7468): DER in base64 between two lines that say what it is.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { CertificateError } from "../reasons.ts";

/** One block of a PEM file. */
export interface PemBlock {
  /** What stands between `-----BEGIN ` and `-----`, for instance `CERTIFICATE`. */
  readonly label: string;
  /** The DER. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Writes one PEM block.
 *
 * @param label For instance `CERTIFICATE`.
 * @param bytes The DER.
 * @returns Lines of 64 characters, each ended by LF.
 *
 * @example
 * ```ts
 * import { encodePem } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const pem = encodePem("EXAMPLE", Uint8Array.of(1, 2, 3));
 * assertEquals(pem, "-----BEGIN EXAMPLE-----\nAQID\n-----END EXAMPLE-----\n");
 * ```
 */
export function encodePem(label: string, bytes: Uint8Array): string {
  const lines = encodeBase64(bytes).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/**
 * Reads every block of a PEM text. Text between blocks is skipped, as RFC 7468 section 2 allows.
 *
 * @param text The text.
 * @returns The blocks in order; none where the text has none.
 * @throws {CertificateError} `data` when a block does not end, is not base64, or the text is too long.
 *
 * @example
 * ```ts
 * import { decodePem, encodePem } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const text = `of the API:\n${encodePem("EXAMPLE", Uint8Array.of(1, 2, 3))}`;
 * assertEquals(decodePem(text), [{ label: "EXAMPLE", bytes: Uint8Array.of(1, 2, 3) }]);
 * ```
 */
export function decodePem(text: string): PemBlock[] {
  if (text.length > limits.maxPemLength) {
    throw new CertificateError(
      "too_large",
      `The PEM text is ${text.length} characters long; at most ${limits.maxPemLength} are read`,
    );
  }
  const blocks: PemBlock[] = [];
  const begin = /^-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?$/gm;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const label = match[1]!;
    const end = text.indexOf(`-----END ${label}-----`, begin.lastIndex);
    if (end < 0) {
      throw new CertificateError("malformed", `The PEM block "${label}" has no END line`);
    }
    const body = text.slice(begin.lastIndex, end).replace(/[ \t\r\n]/g, "");
    try {
      blocks.push({ label, bytes: decodeBase64(body) });
    } catch (cause) {
      throw new CertificateError("malformed", `The PEM block "${label}" is not base64`, { cause });
    }
    begin.lastIndex = end;
  }
  return blocks;
}
