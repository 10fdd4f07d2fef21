/**
 * The part of Web Crypto that sign-ins and shared stores use, without its threads: those answer when they like, and a
 * run would differ from time to time. The bytes are the same.
 *
 * @module
 */

import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { synchronousCipher } from "./synchronous_cipher.ts";

type Raw = Uint8Array<ArrayBuffer>;

/** The bytes of each key that was imported in a run. */
const bytesOf = new WeakMap<CryptoKey, Raw>();
/** Derivations are most of the work of a sign-in, and simulated users have few passwords. */
const derived = new Map<string, ArrayBuffer>();

/** The members of `crypto.subtle` that a run replaces. */
export function synchronousCrypto(): Record<string, unknown> {
  const importKey = crypto.subtle.importKey.bind(crypto.subtle);
  return {
    ...synchronousCipher(bytesOf),
    async importKey(...args: Parameters<SubtleCrypto["importKey"]>): Promise<CryptoKey> {
      const key = await importKey(...args);
      if (String(args[0]) === "raw") bytesOf.set(key, new Uint8Array(args[1] as unknown as Raw));
      return key;
    },
    digest(_name: string, data: Raw): Promise<ArrayBuffer> {
      return Promise.resolve(bufferOf(createHash("sha256").update(data).digest()));
    },
    sign(_name: unknown, key: CryptoKey, data: Raw): Promise<ArrayBuffer> {
      const code = createHmac("sha256", bytesOf.get(key)!).update(data).digest();
      return Promise.resolve(bufferOf(code));
    },
    deriveBits(
      { salt, iterations }: { salt: Raw; iterations: number },
      key: CryptoKey,
      bits: number,
    ): Promise<ArrayBuffer> {
      const password = bytesOf.get(key)!;
      const name = `${password.join()}/${salt.join()}/${iterations}/${bits}`;
      let result = derived.get(name);
      if (result === undefined) {
        result = bufferOf(pbkdf2Sync(password, salt, iterations, bits / 8, "sha256"));
        derived.set(name, result);
      }
      return Promise.resolve(result.slice(0));
    },
  };
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
