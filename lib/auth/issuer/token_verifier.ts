/**
 * Verifies tokens of issuers that a policy names.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8725 | RFC 8725}, JSON Web Token best current practices
 * @see {@link https://openid.net/specs/openid-connect-discovery-1_0.html | OpenID Connect Discovery}
 * @module
 */

import type { JWTPayload, JWTVerifyGetKey } from "jose";
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import { AuthenticationError } from "../proof/errors.ts";
import { claimOf, isTrustworthy, rolesOf, type TokenIssuer } from "./token_issuer.ts";

/** A token that was verified. */
export interface VerifiedToken {
  /** The name of its issuer in the policy. */
  readonly issuerName: string;
  /** The issuer's name and the token's subject: `ci:repo:acme/app`. */
  readonly name: string;
  /** The roles that it gives. */
  readonly roles: readonly string[];
  /** When it ends, in milliseconds since the epoch. */
  readonly endsAtMs: number;
}

/** Keys that verify; `none` and secrets that both sides know are not among them (RFC 8725 section 3.1). */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/** Header, claims and signature, in Base64url; an unsigned token has no signature. */
const TOKEN = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

/** The keys of an issuer, or that they could not be had. */
interface Keys {
  readonly found: Promise<JWTVerifyGetKey>;
  /** When they were asked for, in milliseconds of `now`. */
  readonly atMs: number;
  hasFailed: boolean;
}

/** Verifies tokens. The package that does so is loaded with the first one. */
export class TokenVerifier {
  readonly #fetch: typeof fetch;
  readonly #now: () => number;
  /** By the URL of the issuer. */
  readonly #keys = new Map<string, Keys>();

  /**
   * @param options What reaches the issuers, and the time in milliseconds since the epoch.
   */
  constructor(options: { readonly fetch?: typeof fetch | undefined; readonly now: () => number }) {
    this.#fetch = options.fetch ?? fetch;
    this.#now = options.now;
  }

  /**
   * Whether a text has the form of a token.
   *
   * @param text The text.
   */
  static isToken(text: string): boolean {
    return text.length <= limits.maxIssuedTokenLength && TOKEN.test(text);
  }

  /**
   * Verifies a token.
   *
   * @param token The token.
   * @param issuers The issuers that the policy names.
   * @returns What it says.
   * @throws {AuthenticationError} When it is not valid, or of another issuer.
   * @throws {DariError} `unavailable` when its issuer cannot be asked for its keys.
   */
  async verify(
    token: string,
    issuers: Readonly<Record<string, TokenIssuer>>,
  ): Promise<VerifiedToken> {
    const { jwtVerify, decodeJwt } = await import("jose");
    const claimed = claimedIssuer(() => decodeJwt(token));
    const entry = Object.entries(issuers).find(([, { issuer }]) => issuer === claimed);
    if (entry === undefined) {
      throw new AuthenticationError("The token is of an issuer that the policy does not name");
    }
    const [issuerName, issuer] = entry;
    const keys = await this.#keysOf(issuerName, issuer);
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keys, {
        issuer: issuer.issuer,
        audience: issuer.audience,
        algorithms: ALGORITHMS,
        requiredClaims: ["exp"],
        clockTolerance: limits.tokenClockToleranceMs / 1_000,
        currentDate: new Date(this.#now()),
      }));
    } catch (cause) {
      if (isOfToken(cause)) {
        throw new AuthenticationError(`The token is not valid: ${reasonOf(cause)}`, { cause });
      }
      throw this.#unreachable(issuerName, cause);
    }
    const subject = claimOf(payload, issuer.subject ?? "sub");
    if (typeof subject !== "string" || subject === "") {
      throw new AuthenticationError("The token does not say who its holder is");
    }
    return {
      issuerName,
      name: `${issuerName}:${subject}`,
      roles: rolesOf(issuer, payload),
      endsAtMs: (payload.exp ?? 0) * 1_000,
    };
  }

  /** The keys are kept; an issuer that could not be reached is asked again a little later. */
  async #keysOf(name: string, { issuer }: TokenIssuer): Promise<JWTVerifyGetKey> {
    let keys = this.#keys.get(issuer);
    const isOld = keys?.hasFailed && this.#now() - keys.atMs >= limits.issuerRetryMs;
    if (keys === undefined || isOld) {
      keys = { found: this.#discover(issuer), atMs: this.#now(), hasFailed: false };
      this.#keys.set(issuer, keys);
    }
    try {
      return await keys.found;
    } catch (cause) {
      keys.hasFailed = true;
      throw this.#unreachable(name, cause);
    }
  }

  async #discover(issuer: string): Promise<JWTVerifyGetKey> {
    const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const reply = await this.#fetch(url, {
      redirect: "error",
      signal: AbortSignal.timeout(limits.issuerTimeoutMs),
    });
    if (!reply.ok) throw new Error(`it answered with ${reply.status}`);
    const document = await reply.json() as { issuer?: unknown; jwks_uri?: unknown };
    // Section 4.3: the document must be the issuer's own.
    if (document.issuer !== issuer) throw new Error("its document names another issuer");
    if (typeof document.jwks_uri !== "string" || !isTrustworthy(document.jwks_uri)) {
      throw new Error("its document names no place of its keys that can be trusted");
    }
    const { createRemoteJWKSet, customFetch } = await import("jose");
    return createRemoteJWKSet(new URL(document.jwks_uri), {
      timeoutDuration: limits.issuerTimeoutMs,
      cooldownDuration: limits.issuerRetryMs,
      [customFetch]: this.#fetch,
    });
  }

  #unreachable(name: string, cause: unknown): DariError {
    return new DariError(
      "unavailable",
      `The keys of the issuer "${name}" cannot be read now; try again`,
      { cause, retryAfterMs: limits.issuerRetryMs },
    );
  }
}

function claimedIssuer(decode: () => JWTPayload): string | undefined {
  try {
    return decode().iss;
  } catch (cause) {
    throw new AuthenticationError("The token cannot be read", { cause });
  }
}

/** What `jose` throws of a token itself, and of a key that its issuer does not have. */
const OF_TOKEN = /^ERR_(?:JWT|JWS|JOSE_ALG|JOSE_NOT_SUPPORTED|JWKS_NO_MATCHING|JWKS_MULTIPLE)/;

function isOfToken(cause: unknown): boolean {
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === "string" && OF_TOKEN.test(code);
}
