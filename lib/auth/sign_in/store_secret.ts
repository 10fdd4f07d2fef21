/**
 * The secret of a store, and the id that follows from it.
 *
 * @module
 */

import { decodeBase64Url } from "@std/encoding/base64url";
import { encodeHex } from "@std/encoding/hex";
import { limits } from "../../base/limits.ts";
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import { type Bytes, type RandomBytes, randomText, sha256 } from "../proof/bytes.ts";

/**
 * Gives the secret that the servers of a store share; the first one makes it.
 *
 * @param store The store.
 * @param random Where random bytes come from.
 */
export async function storeSecret(store: Store, random: RandomBytes): Promise<Bytes> {
  const secrets = new Collection<{ secret: string }>(store, "server/");
  const made = { secret: randomText(random, limits.tokenBytes) };
  const stored = await secrets.update("secret", (record) => record === null ? made : null);
  return decodeBase64Url((stored ?? made).secret);
}

/**
 * The id of the servers of a store, which challenges name.
 *
 * @param secret The store's secret.
 */
export function serverIdOf(secret: Bytes): string {
  return encodeHex(sha256(secret)).slice(0, 32);
}
