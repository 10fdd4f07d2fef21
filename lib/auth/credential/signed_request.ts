/**
 * Requests signed by an API key: the secret is never sent, and no request is accepted twice.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { BoundedMap } from "../../base/bounded_map.ts";
import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { Store } from "../../store/store.ts";
import { parseApiKey } from "../proof/api_key.ts";
import {
  hmacSha256,
  importHmacKey,
  randomText,
  secretsEqual,
  sha256,
  systemRandom,
  utf8,
} from "../proof/bytes.ts";
import { AuthenticationError } from "../proof/errors.ts";
import { type ApiKeySecret, type FoundApiKey, signingKeyOf } from "./api_key_record.ts";
import type { ApiKeys } from "./api_keys.ts";

/** The prefix of an `auth` member that is a signature. */
export const SIGNATURE_PREFIX = "dari-hmac ";

const SIGNATURE =
  /^dari-hmac key=([0-9a-f]{12}),t=(\d{1,15}),n=([A-Za-z0-9_-]{16,64}),s=([A-Za-z0-9_-]{43})$/;

/**
 * Signs one request with an API key that may sign.
 *
 * @param apiKey The key's text.
 * @param method The request's method.
 * @param params The request's parameters, as they will be sent.
 * @param clock The time; the server accepts timestamps that differ by a minute at most.
 * @returns The request's `auth` member.
 * @throws {AuthenticationError} When the text is not an API key; as a rejection.
 * @example
 * ```ts
 * import { openIdentity, signCall } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store);
 * await identity.accounts.add({ name: "alice" });
 * const { text } = await identity.keys.create({ account: "alice", name: "signer", signs: true });
 * const auth = await signCall(text, "add", [1, 2]);
 * assertEquals((await identity.gate.authenticate(auth, "add", [1, 2])).name, "alice");
 * ```
 */
export async function signCall(
  apiKey: string,
  method: string,
  params: unknown,
  clock: Pick<Clock, "now"> = Date,
): Promise<string> {
  return await createCallSigner(apiKey, clock)(method, params);
}

/**
 * Makes a function that signs requests with an API key, for programs that sign many: the key is
 * imported once.
 *
 * @param apiKey The key's text.
 * @param clock The time; the server accepts timestamps that differ by a minute at most.
 * @returns Gives a request's `auth` member for its method and its parameters.
 * @throws {AuthenticationError} When the text is not an API key.
 * @example
 * ```ts
 * import { createCallSigner, openIdentity } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store);
 * await identity.accounts.add({ name: "alice" });
 * const { text } = await identity.keys.create({ account: "alice", name: "signer", signs: true });
 * const sign = createCallSigner(text);
 * for (const params of [[1, 2], [3, 4]]) {
 *   const auth = await sign("add", params);
 *   assertEquals((await identity.gate.authenticate(auth, "add", params)).name, "alice");
 * }
 * ```
 */
export function createCallSigner(
  apiKey: string,
  clock: Pick<Clock, "now"> = Date,
): (method: string, params: unknown) => Promise<string> {
  const { id, secret } = parseApiKey(apiKey);
  let key: Promise<CryptoKey> | undefined;
  return async (method, params) => {
    // Before the wait: the caller may change the params meanwhile.
    const timestamp = String(Math.trunc(clock.now()));
    const nonce = randomText(systemRandom, limits.signatureNonceBytes);
    const text = signedText(id, timestamp, nonce, method, params);
    key ??= signingKeyOf(secret).then(importHmacKey);
    const signature = await codeOf(await key, text);
    return `${SIGNATURE_PREFIX}key=${id},t=${timestamp},n=${nonce},s=${signature}`;
  };
}

/** Checks signed requests. */
export class SignedRequests {
  // All three are given by `openIdentity`; their owners close them.
  readonly #keys: ApiKeys;
  readonly #store: Store;
  readonly #clock: Clock;
  /** Made here: the imported keys, by the hash of the secret that each belongs to. */
  readonly #imported = new BoundedMap<string, Promise<CryptoKey>>(limits.maxCachedTokens);

  /**
   * Puts the check together; `openIdentity` does that.
   *
   * @param keys The API keys.
   * @param store Where the nonces of signatures are remembered.
   * @param clock The time.
   */
  constructor(keys: ApiKeys, store: Store, clock: Clock) {
    this.#keys = keys;
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Checks the signature of a request, and that it was not used before.
   *
   * @param auth The request's `auth` member.
   * @param method The request's method.
   * @param params The request's parameters.
   * @returns The key that signed it.
   * @throws {AuthenticationError} When the signature is malformed, wrong, over a minute off, or was used
   * before.
   */
  async verify(auth: string, method: string, params: unknown): Promise<FoundApiKey> {
    const [, id, timestamp, nonce, signature] = SIGNATURE.exec(auth) ?? [];
    if (!id || !timestamp || !nonce || !signature) {
      throw new AuthenticationError("The signature of the request is malformed");
    }
    if (Math.abs(this.#clock.now() - Number(timestamp)) > limits.signatureSkewMs) {
      throw new AuthenticationError(
        "The signature's timestamp is over a minute off; set this machine's clock",
      );
    }
    const text = signedText(id, timestamp, nonce, method, params);
    const found = await this.#keys.findById(
      id,
      async (secret) => {
        const key = await this.#keyOf(secret);
        return key !== null && secretsEqual(utf8(await codeOf(key, text)), utf8(signature));
      },
    );
    await this.#useNonce(id, timestamp, nonce);
    return found;
  }

  #keyOf({ hash, signingKey }: ApiKeySecret): Promise<CryptoKey> | null {
    if (signingKey === undefined) return null;
    const imported = this.#imported.get(hash) ?? importHmacKey(decodeHex(signingKey));
    this.#imported.set(hash, imported);
    return imported;
  }

  /** In the store, so that neither a restart nor another server of the store accepts it again. */
  async #useNonce(id: string, timestamp: string, nonce: string): Promise<void> {
    const expiresAtMs = Number(timestamp) + 2 * limits.signatureSkewMs;
    try {
      await this.#store.put(`nonce/${id}/${nonce}`, "", { ifVersion: 0, expiresAtMs });
    } catch (cause) {
      if ((cause as { code?: string }).code !== "failed_precondition") throw cause;
      throw new AuthenticationError("The signature was used before", { cause });
    }
  }
}

async function codeOf(key: CryptoKey, text: string): Promise<string> {
  return encodeBase64Url(await hmacSha256(key, text));
}

function signedText(
  id: string,
  timestamp: string,
  nonce: string,
  method: string,
  params: unknown,
): string {
  const digest = encodeHex(sha256(canonicalJson(params)));
  return ["dari/1 request", id, timestamp, nonce, JSON.stringify(method), digest].join("\n");
}

/**
 * Writes a value as canonical JSON: equal values give the same text, with sorted names and without
 * spaces.
 *
 * @param value A value that came from JSON, or `undefined` for absent parameters.
 * @returns The text; empty for `undefined`.
 * @see RFC 8785
 * @example
 * ```ts
 * import { canonicalJson } from "@dari/dari/auth";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(canonicalJson({ b: [1, 2], a: null }), '{"a":null,"b":[1,2]}');
 * ```
 */
export function canonicalJson(value: unknown): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) {
    return `[${value.map((each) => each === undefined ? "null" : canonicalJson(each)).join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
      .sort(([left], [right]) => left < right ? -1 : 1)
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}
