/**
 * SHA-256 of what comes piece by piece.
 *
 * @module
 */

/** The hash of the pieces so far. */
export interface Sha256 {
  /** Adds a piece. */
  update(bytes: Uint8Array): void;
  /** Gives the hash in lower-case hexadecimal. Called once, at the end. */
  digest(): string;
}

/**
 * Begins a hash.
 *
 * @returns The hash of nothing, to which pieces are added.
 *
 * @example
 * ```ts
 * import { createSha256 } from "./sha256.ts";
 * import { assertMatch } from "@std/assert";
 *
 * const hash = await createSha256();
 * hash.update(new TextEncoder().encode("abc"));
 * assertMatch(hash.digest(), /^ba7816bf8f01cfea/);
 * ```
 */
export async function createSha256(): Promise<Sha256> {
  // Web Crypto hashes only what is in memory as a whole. Loaded when a file is sent or received.
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
}
