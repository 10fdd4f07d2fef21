/**
 * The lines of a store's record: changes that a restored backup must not undo, sealed with a key that
 * is in the store and in its backups alone. So a record may lie where a backup lies.
 *
 * The first line names the store. Each later one is `SEALED VERSION`: the changes of one commit,
 * encrypted with AES-GCM, and the commit's version. The seal covers the store, the version and the
 * version of the line before, so a line that was changed, removed or moved is noticed.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { DariError } from "../../base/errors.ts";

/** A change that a restored backup must not undo. */
export interface KeptChange {
  /** The entry's key. */
  readonly key: string;
  /** Its new text; `null` where it was removed. */
  readonly value: string | null;
  /** When the change no longer matters, in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
}

/** The changes of one commit. */
export interface KeptCommit {
  /** The version that the commit gave them. */
  readonly version: number;
  /** The changes. */
  readonly changes: readonly KeptChange[];
}

/** What tells one store and its records from all others. */
export interface StoreIdentity {
  /** Random, in hexadecimal. */
  readonly id: string;
  /** The key of its records, in hexadecimal. */
  readonly recordKey: string;
}

/** Where a line stands in a record. */
export interface LinePlace {
  /** The store's id. */
  readonly id: string;
  /** The version of the line before; 0 for the first. */
  readonly before: number;
  /** The version of this line. */
  readonly version: number;
}

const FORM = "dari-record 1";
const NONCE_BYTES = 12;
const HEADER = /^dari-record 1 ([0-9a-f]{32})( [A-Za-z0-9+/=]+)?$/;
const encoder = new TextEncoder();

/** Seals and opens what is in a record. */
export interface RecordSeal {
  /** Encrypts a text for one place. */
  seal(text: string, place: LinePlace): Promise<string>;
  /**
   * Decrypts what {@linkcode RecordSeal.seal} gave.
   *
   * @throws {DariError} `data` where it is damaged or was made for another place.
   */
  open(sealed: string, place: LinePlace): Promise<string>;
}

/**
 * Makes the seal of a store's records.
 *
 * @param identity The store.
 * @returns The seal.
 */
export async function recordSeal({ recordKey }: StoreIdentity): Promise<RecordSeal> {
  const bytes = Uint8Array.from(recordKey.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  const cipherOf = (iv: Uint8Array<ArrayBuffer>, { id, before, version }: LinePlace) => ({
    name: "AES-GCM",
    iv,
    additionalData: encoder.encode(`${id} ${before} ${version}`),
  });
  return {
    async seal(text, place) {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const cipher = cipherOf(nonce, place);
      const sealed = await crypto.subtle.encrypt(cipher, key, encoder.encode(text));
      const whole = new Uint8Array(NONCE_BYTES + sealed.byteLength);
      whole.set(nonce);
      whole.set(new Uint8Array(sealed), NONCE_BYTES);
      return encodeBase64(whole);
    },
    async open(sealed, place) {
      try {
        const whole = Uint8Array.from(decodeBase64(sealed));
        const cipher = cipherOf(whole.subarray(0, NONCE_BYTES), place);
        const text = await crypto.subtle.decrypt(cipher, key, whole.subarray(NONCE_BYTES));
        return new TextDecoder().decode(text);
      } catch (cause) {
        throw new DariError("data", "it was changed, or belongs to another store", { cause });
      }
    },
  };
}

/**
 * The first line of a record.
 *
 * @param id The store's id.
 * @param file Of a copy: its sealed file number.
 */
export function headerOf(id: string, file?: string): string {
  return file === undefined ? `${FORM} ${id}` : `${FORM} ${id} ${file}`;
}

/**
 * Reads the first line of a record.
 *
 * @param line The line.
 * @returns The store's id and, of a copy, its sealed file number; `undefined` where it is none.
 */
export function parseHeader(line: string): { id: string; file?: string } | undefined {
  const [, id, file] = HEADER.exec(line) ?? [];
  if (id === undefined) return undefined;
  return file === undefined ? { id } : { id, file: file.trim() };
}

/**
 * Reads the version at the end of a line.
 *
 * @param line The line, without its LF.
 * @returns The sealed part and the version; `undefined` where the line is malformed.
 */
export function parseLine(line: string): { sealed: string; version: number } | undefined {
  const [, sealed, version] = /^([A-Za-z0-9+/=]+) (\d{1,16})$/.exec(line) ?? [];
  return sealed === undefined ? undefined : { sealed, version: Number(version) };
}
