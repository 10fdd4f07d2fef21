/**
 * The ciphers of Web Crypto that the store of a cluster uses, without their threads. The bytes are the
 * same. What one server has opened is not computed again for the next one: a hundred open each message.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";

type Raw = Uint8Array<ArrayBuffer>;

/** AES-GCM appends so many bytes. */
const TAG_BYTES = 16;
/** The most messages, and the most keys, that are remembered. */
const MAX_KNOWN = 4_096;

/** What was opened: everything that decides, and what came out. */
interface Opened {
  readonly sealed: Raw;
  readonly additional: Raw;
  readonly plain: Raw;
}

/**
 * Makes the members of `crypto.subtle` that a run replaces.
 *
 * @param bytesOf The bytes of each key that was imported in a run.
 */
export function synchronousCipher(bytesOf: WeakMap<CryptoKey, Raw>): Record<string, unknown> {
  const derived = new Map<string, CryptoKey>();
  const opened = new WeakMap<CryptoKey, Map<string, Opened>>();
  const importKey = crypto.subtle.importKey.bind(crypto.subtle);
  return {
    async deriveKey(
      { salt, info }: { salt: Raw; info: Raw },
      key: CryptoKey,
      algorithm: AesKeyGenParams,
      _isExtractable: boolean,
      usages: KeyUsage[],
    ): Promise<CryptoKey> {
      const root = bytesOf.get(key)!;
      const name = `${root.join()}/${salt.join()}/${info.join()}/${usages.join()}`;
      const known = derived.get(name);
      const raw = known === undefined
        ? new Uint8Array(hkdfSync("sha256", root, salt, info, algorithm.length / 8))
        : bytesOf.get(known)!;
      // Imported again, so that it takes the same turns whether it was known or not.
      const made = await importKey("raw", raw, algorithm.name, false, usages);
      if (known !== undefined) return known;
      bytesOf.set(made, raw);
      remember(derived, name, made);
      return made;
    },
    encrypt({ iv, additionalData }: AesGcmParams, key: CryptoKey, data: Raw): Promise<ArrayBuffer> {
      const cipher = createCipheriv("aes-256-gcm", bytesOf.get(key)!, iv as Raw);
      cipher.setAAD(additionalData as Raw);
      const parts = [cipher.update(data), cipher.final(), cipher.getAuthTag()];
      return Promise.resolve(new Uint8Array(Buffer.concat(parts)).buffer);
    },
    decrypt({ iv, additionalData }: AesGcmParams, key: CryptoKey, data: Raw): Promise<ArrayBuffer> {
      const nonce = (iv as Raw).join();
      const additional = additionalData as Raw;
      const ofKey = opened.get(key) ?? new Map<string, Opened>();
      opened.set(key, ofKey);
      const known = ofKey.get(nonce);
      if (
        known !== undefined && isSame(known.sealed, data) && isSame(known.additional, additional)
      ) {
        return Promise.resolve(known.plain.slice().buffer);
      }
      try {
        const plain = decrypt(bytesOf.get(key)!, iv as Raw, additional, data);
        remember(ofKey, nonce, { sealed: data.slice(), additional: additional.slice(), plain });
        return Promise.resolve(plain.slice().buffer);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  };
}

function decrypt(key: Raw, iv: Raw, additional: Raw, data: Raw): Raw {
  const cipher = createDecipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(additional);
  cipher.setAuthTag(data.subarray(-TAG_BYTES));
  const plain = [cipher.update(data.subarray(0, -TAG_BYTES)), cipher.final()];
  return new Uint8Array(Buffer.concat(plain));
}

function isSame(one: Raw, other: Raw): boolean {
  return Buffer.compare(one, other) === 0;
}

function remember<K, V>(known: Map<K, V>, key: K, value: V): void {
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, value);
}
