/**
 * ChaCha20-Poly1305 for short records, by libsodium's WebAssembly.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";

/** What an AEAD adds to what it seals (RFC 8439 section 2.8). */
export const TAG_BYTES = 16;

/** The part of libsodium that is used here. Numbers are places in its memory; lengths have two halves. */
interface LibSodium {
  /** Its memory; it has another one after it has grown. */
  readonly HEAPU8: Uint8Array;
  _sodium_init(): number;
  _malloc(bytes: number): number;
  _crypto_aead_chacha20poly1305_ietf_encrypt(
    into: number,
    lengthAt: number,
    data: number,
    length: number,
    lengthHigh: number,
    header: number,
    headerLength: number,
    headerLengthHigh: number,
    none: number,
    nonce: number,
    key: number,
  ): number;
  _crypto_aead_chacha20poly1305_ietf_decrypt(
    into: number,
    lengthAt: number,
    none: number,
    sealed: number,
    length: number,
    lengthHigh: number,
    header: number,
    headerLength: number,
    headerLengthHigh: number,
    nonce: number,
    key: number,
  ): number;
}

type Factory = (parts: { getRandomValue(): number }) => Promise<LibSodium>;

// Places in memory that is taken once; each part begins on 64 bytes.
const NONCE = 64;
const HEADER = 128;
const DATA = 192;
const { shortRecordBytes: MAX } = limits;

/**
 * Seals and opens in memory of libsodium's that is taken once, so that a record takes none. All
 * connections of a thread share it: nothing of a record is needed there once a call has returned.
 */
export class Sodium {
  readonly #lib: LibSodium;
  readonly #at: number;

  /** @param lib The library, which is ready. */
  private constructor(lib: LibSodium) {
    this.#lib = lib;
    this.#at = lib._malloc(DATA + MAX + 1 + TAG_BYTES);
    if (this.#at === 0) throw new Error("libsodium has no memory");
  }

  /** Loads the library. */
  static async load(): Promise<Sodium> {
    const { default: make } = await import("libsodium") as unknown as { default: Factory };
    const getRandomValue = () => crypto.getRandomValues(new Uint32Array(1))[0]!;
    const lib = await make({ getRandomValue });
    if (lib._sodium_init() < 0) throw new Error("libsodium cannot start");
    return new Sodium(lib);
  }

  /**
   * Seals bytes and one more.
   *
   * @param key 32 bytes.
   * @param nonce 12 bytes, which are never used again with the key.
   * @param header What is authenticated beside them, 64 bytes at most.
   * @param bytes The bytes, `limits.shortRecordBytes` at most.
   * @param last The byte behind them.
   * @param into Where it goes: 17 bytes more.
   */
  seal(
    key: Uint8Array,
    nonce: Uint8Array,
    header: Uint8Array,
    bytes: Uint8Array,
    last: number,
    into: Uint8Array,
  ): void {
    const heap = this.#place(key, nonce, header);
    const at = this.#at;
    const data = at + DATA;
    const length = bytes.length + 1;
    heap.set(bytes, data);
    heap[data + bytes.length] = last;
    const { _crypto_aead_chacha20poly1305_ietf_encrypt: encrypt } = this.#lib;
    encrypt(data, 0, data, length, 0, at + HEADER, header.length, 0, 0, at + NONCE, at);
    heap.fill(0, at, at + NONCE); // no key stays
    into.set(heap.subarray(data, data + length + TAG_BYTES));
  }

  /**
   * Opens what was sealed.
   *
   * @param key 32 bytes.
   * @param nonce 12 bytes.
   * @param header What is authenticated beside it.
   * @param sealed What was sealed, the tag at its end.
   * @returns The bytes, which hold until the next call; `undefined` where anything was changed.
   */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    header: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined {
    const heap = this.#place(key, nonce, header);
    const at = this.#at;
    const data = at + DATA;
    const { length } = sealed;
    heap.set(sealed, data);
    const { _crypto_aead_chacha20poly1305_ietf_decrypt: decrypt } = this.#lib;
    const headAt = at + HEADER;
    const fault = decrypt(data, 0, 0, data, length, 0, headAt, header.length, 0, at + NONCE, at);
    heap.fill(0, at, at + NONCE);
    return fault === 0 ? heap.subarray(data, data + length - TAG_BYTES) : undefined;
  }

  #place(key: Uint8Array, nonce: Uint8Array, header: Uint8Array): Uint8Array {
    const { HEAPU8: heap } = this.#lib;
    const at = this.#at;
    heap.set(key, at);
    heap.set(nonce, at + NONCE);
    heap.set(header, at + HEADER);
    return heap;
  }
}

let loading: Promise<Sodium> | undefined;

/** Gives the library of this thread, which the first call loads. */
export function loadSodium(): Promise<Sodium> {
  return loading ??= Sodium.load().catch((error) => {
    loading = undefined; // the next connection tries again
    throw error;
  });
}
