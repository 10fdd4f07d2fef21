/**
 * Who may call what: roles and scopes allow and deny methods by patterns of their names.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { checkIssuers, issuersProblem, type TokenIssuer } from "../issuer/token_issuer.ts";
import {
  type CallLimits,
  callLimitsProblem,
  CallLimitTable,
  type CallRule,
  type CompiledCallLimits,
} from "./call_limits.ts";
import { matching, parsePattern, type Pattern, patternsProblem } from "./patterns.ts";
import type { CredentialKind, Principal } from "./principal.ts";

/**
 * Who may call what. A pattern is a method's name, or the beginning of names followed by `*`
 * (`reports.*`, `*`). With `!` in front it denies, and a denial wins over every other pattern.
 *
 * Administrative methods are those declared with `admin: true`, and those of dari itself that show or
 * change what others do. A pattern with `*` allows them in the role `admin` alone; every other role,
 * every scope and `public` has to name them.
 *
 * The right to call on behalf of others (`meta.chain`) is named `rpc.delegate`, like an administrative
 * method; a credential with scopes needs the scope `delegate` for it as well.
 */
export interface Policy {
  /**
   * The methods of each role.
   *
   * @default {{ admin: ["*"], user: ["*"], certificate: ["*"] }}
   */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /** The methods of each scope; a scope that is not listed here is a pattern itself. @default {{}} */
  readonly scopes?: Readonly<Record<string, readonly string[]>>;
  /** The methods that anyone may call without signing in. @default {[]} */
  readonly public?: readonly string[];
  /** How many calls the callers of each role may make. @default {as many as they like} */
  readonly limits?: CallLimits;
  /**
   * Issuers whose tokens (JWT) sign in, by short names, and the roles that their claims give.
   *
   * @default {{}}
   */
  readonly issuers?: Readonly<Record<string, TokenIssuer>>;
}

/** Whether a policy allows a call, and why. */
export interface Decision {
  /** Whether the call is allowed. */
  readonly allowed: boolean;
  /** The rule that decided: `role "user" allows "reports.*"`. */
  readonly reason: string;
  /** How many such calls the caller may make, where that is limited; all of them hold. */
  readonly limits?: readonly CallRule[];
}

/** The part of a principal that the policy looks at. */
export type Subject = Pick<Principal, "name" | "roles" | "scopes"> & { kind?: CredentialKind };

/** A policy whose patterns are parsed. */
export interface CompiledPolicy {
  /**
   * Says whether anyone may call a method without signing in.
   *
   * @param method The method's name.
   * @param isAdminMethod Whether the method is declared administrative.
   */
  isPublic(method: string, isAdminMethod?: boolean): boolean;
  /**
   * Decides on one call.
   *
   * @param subject The caller; `null` where nobody is signed in.
   * @param method The method's name.
   * @param isAdminMethod Whether the method is declared administrative.
   * @returns Whether the call is allowed, and why.
   */
  decide(subject: Subject | null, method: string, isAdminMethod?: boolean): Decision;
  /** The names of its roles. */
  readonly roles: readonly string[];
  /** How many calls callers may make; `undefined` where nobody is limited. */
  readonly limits: CompiledCallLimits | undefined;
  /** The issuers of tokens by their names. */
  readonly issuers: Readonly<Record<string, TokenIssuer>>;
}

/** Methods that clients need before they are signed in; none of them reveals what others do. */
const ALWAYS_PUBLIC: ReadonlySet<string> = new Set([
  ...["rpc.ping", "rpc.health", "rpc.cancel", "rpc.passkey"],
  "rpc.login",
  "rpc.scram",
  "rpc.challenge",
  "rpc.authenticate",
  "rpc.accept",
  "rpc.renew",
  "rpc.logout",
]);

/** Methods of dari itself for all who signed in; the factors are their own. Its others are administrative. */
const NEED_ONLY_SIGN_IN: ReadonlySet<string> = new Set([
  ...["rpc.discover", "rpc.queue.list", "rpc.topic.list", "rpc.job"],
  ...["list", "add", "confirm", "codes", "remove"].map((verb) => `rpc.factors.${verb}`),
]);

/** The role whose open patterns cover administrative methods too. */
export const ADMIN_ROLE = "admin";

/** The name of the right to call on behalf of others, as roles and scopes name it. */
export const DELEGATE = "rpc.delegate";

/** Scopes that every policy has, unless it says something else of their names. */
const DEFAULT_SCOPES = { delegate: [DELEGATE] };

const DEFAULT_ROLES = { admin: ["*"], user: ["*"], certificate: ["*"] };

/**
 * Parses the patterns of a policy.
 *
 * @param policy The policy; without one the roles admin, user and certificate may call everything but
 * administrative methods, which need the role `admin`.
 * @returns The policy, which then decides on calls.
 * @throws {DariError} `configuration` when a pattern is malformed, or a limit wrong.
 * @example
 * ```ts
 * import { compilePolicy } from "@dari/dari/auth";
 * import { assertEquals } from "@std/assert";
 *
 * const policy = compilePolicy({ roles: { reader: ["reports.*", "!reports.delete"] } });
 * const alice = { name: "alice", roles: ["reader"] };
 * assertEquals(policy.decide(alice, "reports.list").allowed, true);
 * assertEquals(policy.decide(alice, "reports.delete").reason, 'role "reader" denies "reports.delete"');
 * ```
 */
export function compilePolicy(policy: Policy = {}): CompiledPolicy {
  const roles = patternsByName("role", policy.roles ?? DEFAULT_ROLES);
  const scopes = patternsByName("scope", { ...DEFAULT_SCOPES, ...policy.scopes });
  checkIssuers(policy.issuers ?? {}, roles);
  const open = (policy.public ?? []).map((text) => parsePattern(text, "public"));
  const isPublic = (method: string, isDeclaredAdmin = false) =>
    ALWAYS_PUBLIC.has(method) ||
    matching(open, method, isDeclaredAdmin || isOfDari(method))?.allows === true;
  const names = [...roles.keys()];
  const allows = (role: string, method: string, isAdminMethod: boolean) =>
    isPublic(method, isAdminMethod) || NEED_ONLY_SIGN_IN.has(method) ||
    matching(roles.get(role) ?? [], method, isAdminMethod && role !== ADMIN_ROLE)?.allows === true;
  const callLimits = new CallLimitTable(policy.limits ?? {}, { names, allows });
  return {
    isPublic,
    roles: names,
    limits: callLimits.rules.length === 0 ? undefined : callLimits,
    issuers: policy.issuers ?? {},
    decide(subject, method, isDeclaredAdmin = false) {
      const isAdminMethod = isDeclaredAdmin || isOfDari(method);
      if (isPublic(method, isAdminMethod)) {
        return { allowed: true, reason: `"${method}" is public` };
      }
      if (subject === null) return { allowed: false, reason: "nobody is signed in" };
      const byRole = decideByRoles(roles, subject, method, isAdminMethod);
      if (!byRole.allowed || subject.scopes === undefined) return byRole;
      const byScope = decideByScopes(scopes, subject.scopes, method, isAdminMethod);
      return { ...byScope, reason: `${byRole.reason}, and ${byScope.reason}` };
    },
  };
}

/**
 * Parses a policy from JSON.
 *
 * @param text The text of a policy file.
 * @param source The file's name, for error messages.
 * @returns The policy.
 * @throws {DariError} `configuration` when the text is not JSON, or not of a policy's shape.
 * @example
 * ```ts
 * import { compilePolicy, parsePolicy } from "@dari/dari/auth";
 * import { assert } from "@std/assert";
 *
 * const policy = parsePolicy('{"public":["health"]}', "policy.json");
 * assert(compilePolicy(policy).isPublic("health"));
 * ```
 */
export function parsePolicy(text: string, source: string): Policy {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = `Policy "${source}" is not JSON; correct the file`;
    throw new DariError("configuration", message, { cause });
  }
  const problem = policyProblem(value);
  if (problem === null) return value as Policy;
  throw new DariError("configuration", `Policy "${source}": ${problem}`);
}

function patternsByName(
  what: string,
  table: Readonly<Record<string, readonly string[]>>,
): Map<string, Pattern[]> {
  const parsed = (name: string, patterns: readonly string[]) =>
    patterns.map((text) => parsePattern(text, `${what} "${name}"`));
  return new Map(
    Object.entries(table).map(([name, patterns]) => [name, parsed(name, patterns)]),
  );
}

/**
 * Whether a method of dari itself is administrative.
 *
 * @param method Any method's name.
 * @returns Whether it is; false for methods of the program.
 */
export function isAdministrative(method: string): boolean {
  return isOfDari(method) && !ALWAYS_PUBLIC.has(method) && !NEED_ONLY_SIGN_IN.has(method);
}

function isOfDari(method: string): boolean {
  return method.startsWith("rpc.");
}

function decideByRoles(
  roles: ReadonlyMap<string, readonly Pattern[]>,
  subject: Subject,
  method: string,
  isAdminMethod: boolean,
): Decision {
  // The owner of the process, or of its socket, can read and change everything anyway.
  if (subject.kind === "local") {
    return { allowed: true, reason: "the owner of this process may call everything" };
  }
  if (NEED_ONLY_SIGN_IN.has(method)) {
    return { allowed: true, reason: `"${method}" needs only a sign-in` };
  }
  let found: Decision | undefined;
  for (const role of subject.roles) {
    const pattern = matching(roles.get(role) ?? [], method, isAdminMethod && role !== ADMIN_ROLE);
    if (pattern === undefined) continue;
    const verb = pattern.allows ? "allows" : "denies";
    const decision = {
      allowed: pattern.allows,
      reason: `role "${role}" ${verb} "${pattern.text.replace("!", "")}"`,
    };
    if (!decision.allowed) return decision;
    found ??= decision;
  }
  return found ?? { allowed: false, reason: whyNoRole(subject, method, isAdminMethod) };
}

function whyNoRole({ name, roles }: Subject, method: string, isAdminMethod: boolean): string {
  if (roles.length === 0) return `"${name}" has no role`;
  const names = roles.map((role) => `"${role}"`).join(", ");
  return isAdminMethod
    ? `"${method}" is administrative, and none of its roles (${names}) names it`
    : `no rule of its roles (${names}) covers "${method}"`;
}

function decideByScopes(
  table: ReadonlyMap<string, readonly Pattern[]>,
  scopes: readonly string[],
  method: string,
  isAdminMethod: boolean,
): Decision {
  const patterns = scopes.flatMap((scope) => table.get(scope) ?? [parsePattern(scope, "scope")]);
  const pattern = matching(patterns, method, isAdminMethod);
  if (pattern === undefined) {
    const verb = isAdminMethod ? "names the administrative" : "covers";
    return { allowed: false, reason: `no scope of the credential ${verb} "${method}"` };
  }
  const verb = pattern.allows ? "allows" : "denies";
  return {
    allowed: pattern.allows,
    reason: `the credential's scope ${verb} "${pattern.text.replace("!", "")}"`,
  };
}

function policyProblem(value: unknown): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return 'it must be an object such as { "roles": { "user": ["*"] } }';
  }
  for (const [name, part] of Object.entries(value)) {
    if (name === "public") {
      const problem = patternsProblem(part);
      if (problem !== null) return `"public" ${problem}`;
    } else if (name === "roles" || name === "scopes") {
      const lists = typeof part === "object" && part !== null ? Object.entries(part) : null;
      const bad = lists?.find(([, list]) => patternsProblem(list) !== null);
      if (lists === null || Array.isArray(part)) return `"${name}" must be an object of lists`;
      if (bad !== undefined) return `"${name}.${bad[0]}" ${patternsProblem(bad[1])}`;
    } else if (name === "issuers") {
      const problem = issuersProblem(part);
      if (problem !== null) return problem;
    } else if (name !== "limits") {
      return `"${name}" is not a part of a policy; its parts are roles, scopes, public, limits and issuers`;
    }
  }
  const { roles = DEFAULT_ROLES, limits } = value as Policy;
  return callLimitsProblem(limits ?? {}, Object.keys(roles));
}
