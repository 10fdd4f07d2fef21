/**
 * The secret of the servers of one store, and the id that comes of it.
 *
 * @module
 */

import { decodeBase64Url } from "@std/encoding/base64url";
import { encodeHex } from "@std/encoding/hex";
import { limits } from "../../base/limits.ts";
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import { type Bytes, type RandomBytes, randomText, sha256 } from "../proof/bytes.ts";

/** A secret that the servers of a store share; the first one makes it. */
export async function storeSecret(store: Store, random: RandomBytes): Promise<Bytes> {
  const secrets = new Collection<{ secret: string }>(store, "server/");
  const made = { secret: randomText(random, limits.tokenBytes) };
  const stored = await secrets.update("secret", (record) => record === null ? made : null);
  return decodeBase64Url((stored ?? made).secret);
}

/** The id of the servers of a store, which challenges name. */
export function serverIdOf(secret: Bytes): string {
  return encodeHex(sha256(secret)).slice(0, 32);
}
