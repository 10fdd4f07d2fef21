/**
 * The challenges of passkeys. The server remembers none of them: each carries its time and a code that
 * only the servers of the store can compute, so any of them takes an answer, and strangers who ask for
 * challenges fill nothing. A right answer is remembered until its challenge has ended.
 *
 * @module
 */

import { decodeBase64Url } from "@std/encoding/base64url";
import { encodeHex } from "@std/encoding/hex";
import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { Collection } from "../../store/collection.ts";
import type { PutOperation } from "../../store/store.ts";
import { type Bytes, hmacSha256, type RandomBytes, secretsEqual } from "../proof/bytes.ts";
import type { Site } from "./passkey_record.ts";
import type { Sealing } from "./sealing.ts";

/** What a challenge is for. */
export type Purpose = "register" | "sign in";

/** What challenges need. */
export interface CeremoniesParts {
  /** Has the key of their codes. */
  readonly sealing: Pick<Sealing, "hashKey">;
  /** In the store: challenges that were answered. */
  readonly answered: Collection<object>;
  /** The time. */
  readonly clock: Clock;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
}

/** The length of a moment, as a double. */
const MOMENT = 8;

/** Makes challenges, and knows its own. */
export class Ceremonies {
  readonly #parts: CeremoniesParts;

  /**
   * @param parts What challenges need.
   */
  constructor(parts: CeremoniesParts) {
    this.#parts = parts;
  }

  /**
   * Makes a challenge.
   *
   * @param purpose What it is for.
   * @param site Where, and for which browser.
   * @returns The challenge.
   */
  async challenge(purpose: Purpose, site: Site): Promise<Bytes> {
    const { random, clock } = this.#parts;
    const head = new Uint8Array(limits.ceremonyNonceBytes + MOMENT);
    head.set(random(limits.ceremonyNonceBytes));
    new DataView(head.buffer).setFloat64(limits.ceremonyNonceBytes, clock.now());
    return new Uint8Array([...head, ...await this.#codeOf(head, purpose, site)]);
  }

  /**
   * Says whether a challenge was made here, for this purpose and browser, and has not ended.
   *
   * @param text The challenge as the browser sent it back, base64url.
   * @param purpose What it is for.
   * @param site Where, and for which browser.
   */
  async isOpen(text: string, purpose: Purpose, site: Site): Promise<boolean> {
    const bytes = bytesOf(text);
    const headLength = limits.ceremonyNonceBytes + MOMENT;
    if (bytes === undefined || bytes.length <= headLength) return false;
    const head = bytes.slice(0, headLength);
    const code = await this.#codeOf(head, purpose, site);
    if (!secretsEqual(bytes.slice(headLength), code)) return false;
    const ageMs = this.#parts.clock.now() -
      new DataView(head.buffer).getFloat64(limits.ceremonyNonceBytes);
    if (ageMs < 0 || ageMs >= limits.ceremonyTimeoutMs) return false;
    return await this.#parts.answered.get(idOf(text)) === null;
  }

  /**
   * Prepares to write down that a challenge was answered. It conflicts where another server was faster.
   *
   * @param text The challenge as the browser sent it back.
   * @returns The operation for a batch.
   */
  answering(text: string): PutOperation {
    const { answered, clock } = this.#parts;
    const expiresAtMs = clock.now() + limits.ceremonyTimeoutMs;
    return answered.putting(idOf(text), {}, { ifVersion: 0, expiresAtMs });
  }

  async #codeOf(head: Bytes, purpose: Purpose, { origin, rpId, binding }: Site): Promise<Bytes> {
    const key = await this.#parts.sealing.hashKey();
    const about = JSON.stringify(["passkey", purpose, encodeHex(head), origin, rpId, binding]);
    return await hmacSha256(key, about);
  }
}

/** Of its own nonce, so that another spelling of the same bytes is the same challenge. */
function idOf(text: string): string {
  return encodeHex((bytesOf(text) ?? new Uint8Array()).slice(0, limits.ceremonyNonceBytes));
}

function bytesOf(text: string): Bytes | undefined {
  try {
    return decodeBase64Url(text);
  } catch {
    return undefined;
  }
}

/**
 * The challenge in the answer of a browser.
 *
 * @param clientDataJSON The member of that name, base64url.
 * @returns The challenge; empty where there is none.
 */
export function challengeIn(clientDataJSON: string): string {
  try {
    const text = new TextDecoder().decode(decodeBase64Url(clientDataJSON));
    const { challenge } = JSON.parse(text) as { challenge?: unknown };
    return typeof challenge === "string" ? challenge : "";
  } catch {
    return "";
  }
}
