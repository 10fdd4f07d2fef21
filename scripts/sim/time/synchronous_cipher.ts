/**
 * The ciphers of Web Crypto that long records of a cluster's logs use, without their threads. The bytes
 * are the same.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv } from "node:crypto";

type Raw = Uint8Array<ArrayBuffer>;

/** AES-GCM appends so many bytes. */
const TAG_BYTES = 16;

/**
 * Makes the members of `crypto.subtle` that a run replaces.
 *
 * @param bytesOf The bytes of each key that was imported in a run.
 */
export function synchronousCipher(bytesOf: WeakMap<CryptoKey, Raw>): Record<string, unknown> {
  return {
    encrypt({ iv, additionalData }: AesGcmParams, key: CryptoKey, data: Raw): Promise<ArrayBuffer> {
      const cipher = createCipheriv("aes-256-gcm", bytesOf.get(key)!, iv as Raw);
      cipher.setAAD(additionalData as Raw);
      const parts = [cipher.update(data), cipher.final(), cipher.getAuthTag()];
      return Promise.resolve(new Uint8Array(Buffer.concat(parts)).buffer);
    },
    // deno-lint-ignore require-await -- what is thrown becomes a rejection
    async decrypt(
      { iv, additionalData }: AesGcmParams,
      key: CryptoKey,
      data: Raw,
    ): Promise<ArrayBuffer> {
      const cipher = createDecipheriv("aes-256-gcm", bytesOf.get(key)!, iv as Raw);
      cipher.setAAD(additionalData as Raw);
      cipher.setAuthTag(data.subarray(-TAG_BYTES));
      const parts = [cipher.update(data.subarray(0, -TAG_BYTES)), cipher.final()];
      return new Uint8Array(Buffer.concat(parts)).buffer;
    },
  };
}
