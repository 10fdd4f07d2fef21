/**
 * By what a call with an idempotency key is known again.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import { createSha256 } from "../../base/file/sha256.ts";
import { DariError } from "../../base/errors.ts";

/** A request, as far as it says what is to be done. */
export interface KeyedRequest {
  readonly method: string;
  readonly params: unknown;
  readonly types: unknown;
  readonly blobs?: readonly Uint8Array[] | undefined;
}

const encoder = new TextEncoder();

/** The prefix of the keys under which answers are kept. */
export const ANSWERS = "answers/";

/**
 * The name under which the answer to a key is kept. Names and keys may be anything, and a store takes
 * few characters: so they are hashed.
 *
 * @param principal The caller.
 * @param key The key.
 * @returns `answers/OWNER/KEY`, both hashes in hexadecimal.
 */
export async function answerName(
  { name, chain }: Pick<Principal, "name" | "chain">,
  key: string,
): Promise<string> {
  // Another sign-in of the same account is the same caller; a chain is a caller of its own.
  const owner = await hashOf(JSON.stringify(chain ?? [name]));
  return `${ANSWERS}${owner}/${await hashOf(key)}`;
}

/**
 * What is the same for every try of one call: its method and its params, whatever the order of their
 * members.
 *
 * @param request The request.
 * @returns A hash, in hexadecimal.
 * @throws {DariError} `failed_precondition` for streams among the params, which come only once.
 */
export async function callDigest(
  { method, params, types, blobs = [] }: KeyedRequest,
): Promise<string> {
  if (Object.values(types ?? {}).some((type) => type === "stream" || type === "file")) {
    throw new DariError(
      "failed_precondition",
      `"${method}" was called with an idempotency key and a stream among its params; a stream comes ` +
        "only once, so leave out the key",
    );
  }
  const hash = await createSha256();
  const lengths = blobs.map(({ length }) => length);
  const whole = [method, sorted(params ?? null), sorted(types), lengths];
  hash.update(encoder.encode(JSON.stringify(whole)));
  for (const blob of blobs) hash.update(blob);
  return hash.digest();
}

async function hashOf(text: string): Promise<string> {
  const hash = await createSha256();
  hash.update(encoder.encode(text));
  return hash.digest();
}

/** The value with the members of its objects in one order. The decoder bounds how deep it is. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]));
}
