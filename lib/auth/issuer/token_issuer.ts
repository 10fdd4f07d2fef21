/**
 * Issuers of tokens that a policy names: who they are, and what roles their tokens give.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/** What the claims of a token must be for a role. */
export interface ClaimRule {
  /** The role that the token gives. */
  readonly role: string;
  /**
   * Values by the names of claims; all of them must hold. A name with dots leads into objects
   * (`realm_access.roles`), a list holds a value that is in it, and a value that ends with `*` holds for
   * every text that begins with the rest.
   */
  readonly claims: Readonly<Record<string, string | boolean>>;
}

/** An issuer of tokens (OpenID Connect): a CI, Google, Keycloak. */
export interface TokenIssuer {
  /** Its URL, which its tokens name as `iss`. */
  readonly issuer: string;
  /** The name by which its tokens mean this server (`aud`). */
  readonly audience: string;
  /** The claim that names the caller. @default {"sub"} */
  readonly subject?: string;
  /** The roles that its tokens give. */
  readonly roles: readonly ClaimRule[];
}

/** Names of issuers begin the names of principals, as in `ci:repo:acme/app`. */
const NAME = /^[a-z0-9][a-z0-9_-]*$/;

/**
 * Says what is wrong with the member `issuers` of a policy.
 *
 * @param value Any value.
 * @returns What is wrong; `null` where nothing is.
 */
export function issuersProblem(value: unknown): string | null {
  if (!isObject(value)) return '"issuers" must be an object of issuers by their names';
  for (const [name, issuer] of Object.entries(value)) {
    if (!NAME.test(name)) {
      return `"issuers.${name}": a name has lower-case letters, digits, - and _`;
    }
    const problem = issuerProblem(issuer);
    if (problem !== null) return `"issuers.${name}": ${problem}`;
  }
  return null;
}

/**
 * Checks the issuers of a policy. A role that is misspelled would give no rights, and be noticed only by
 * those who lack them.
 *
 * @param issuers The issuers by their names.
 * @param roles The roles of the policy.
 * @throws {DariError} `configuration` for the first that is wrong.
 */
export function checkIssuers(
  issuers: Readonly<Record<string, TokenIssuer>>,
  roles: ReadonlyMap<string, unknown>,
): void {
  const problem = issuersProblem(issuers);
  if (problem !== null) throw new DariError("configuration", `The policy is wrong: ${problem}`);
  for (const [name, issuer] of Object.entries(issuers)) {
    const unknown = issuer.roles.find(({ role }) => !roles.has(role));
    if (unknown === undefined) continue;
    throw new DariError(
      "configuration",
      `The issuer "${name}" gives the role ${
        JSON.stringify(unknown.role)
      }, which the policy does ` +
        "not have; correct the name, or add the role",
    );
  }
}

function issuerProblem(value: unknown): string | null {
  if (!isObject(value)) return "it must be an object with issuer, audience and roles";
  const { issuer, audience, subject = "sub", roles, ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return `it has no member ${JSON.stringify(unknown)}`;
  if (typeof issuer !== "string" || !isTrustworthy(issuer)) {
    return '"issuer" must be an https:// URL; http:// is taken on loopback';
  }
  if (typeof audience !== "string" || audience === "") return '"audience" must be a text';
  if (typeof subject !== "string" || subject === "") return '"subject" must name a claim';
  if (!Array.isArray(roles) || !roles.every(isRule)) {
    return '"roles" must be a list such as [{ "role": "deploy", "claims": { "ref": "main" } }]';
  }
  return null;
}

/**
 * Whether keys may be read from a URL: nobody on the way could have changed them.
 *
 * @param text The URL.
 */
export function isTrustworthy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  return protocol === "https:" || (protocol === "http:" && isLocal);
}

/**
 * The roles that a token gives.
 *
 * @param issuer Its issuer.
 * @param claims Its claims, which were verified.
 * @returns The roles; none where no rule holds.
 */
export function rolesOf(
  { roles }: Pick<TokenIssuer, "roles">,
  claims: Readonly<Record<string, unknown>>,
): string[] {
  const given = roles.filter((rule) =>
    Object.entries(rule.claims).every(([name, wanted]) => holds(claimOf(claims, name), wanted))
  );
  return [...new Set(given.map(({ role }) => role))];
}

/**
 * Reads a claim.
 *
 * @param claims The claims of a token.
 * @param name Its name; with dots it leads into objects, unless there is a claim of that very name.
 */
export function claimOf(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let found: unknown = claims;
  for (const step of name.split(".")) {
    if (!isObject(found) || !Object.hasOwn(found, step)) return undefined;
    found = found[step];
  }
  return found;
}

/**
 * Compares the issuers of two policies.
 *
 * @param before Those of the one.
 * @param after Those of the other.
 * @returns The names whose tokens do not mean the same in both.
 */
export function changedIssuers(
  before: Readonly<Record<string, TokenIssuer>>,
  after: Readonly<Record<string, TokenIssuer>>,
): string[] {
  return Object.keys(before).filter((name) =>
    JSON.stringify(before[name]) !== JSON.stringify(after[name])
  );
}

/** What principals of an issuer's tokens depend on, as others depend on a key of the store. */
export function issuerKey(name: string): string {
  return `issuer/${name}`;
}

function holds(claim: unknown, wanted: string | boolean): boolean {
  if (Array.isArray(claim)) return claim.some((each) => holds(each, wanted));
  if (typeof wanted === "string" && wanted.endsWith("*")) {
    return typeof claim === "string" && claim.startsWith(wanted.slice(0, -1));
  }
  return claim === wanted;
}

function isRule(value: unknown): value is ClaimRule {
  if (!isObject(value) || typeof value.role !== "string" || !isObject(value.claims)) return false;
  return Object.keys(value).length === 2 &&
    Object.values(value.claims).every((each) => ["string", "boolean"].includes(typeof each));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
