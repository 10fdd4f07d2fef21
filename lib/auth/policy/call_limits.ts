/**
 * How many calls the callers of a role may make: the part `limits` of a policy.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { isPattern, matching, parsePattern, type Pattern } from "./patterns.ts";
import type { Principal } from "./principal.ts";

/** How many calls one caller may make. */
export interface CallLimit {
  /** Calls each second over a longer time, above 0; `0.1` is one in ten seconds. */
  readonly perSecond: number;
  /** Calls that may come at once. @default {perSecond, rounded up} */
  readonly burst?: number;
}

/**
 * The limits of each role, by patterns of methods: `{ user: { "orders.*": { perSecond: 10 } } }`.
 * `anonymous` stands for callers that have not signed in, who are told apart by their addresses.
 */
export type CallLimits = Readonly<Record<string, Readonly<Record<string, CallLimit>>>>;

/** One limit, and where it stands. */
export interface CallRule extends Required<CallLimit> {
  /** The role, or `anonymous`. */
  readonly role: string;
  /** The pattern: all methods that it covers share the limit. */
  readonly methods: string;
}

/** The roles of a policy, as far as limits have to know them. */
export interface LimitedRoles {
  /** Their names. */
  readonly names: readonly string[];
  /** Whether a role allows a method; true for public ones. */
  allows(role: string, method: string, isAdminMethod: boolean): boolean;
}

/** The name under which limits of callers that have not signed in are written. */
const ANONYMOUS = "anonymous";

const PARTS = ["perSecond", "burst"];
const EXAMPLE = '{ "user": { "orders.*": { "perSecond": 10, "burst": 20 } } }';

/** The limits of a policy, parsed. */
export interface CompiledCallLimits {
  /** Every rule. */
  readonly rules: readonly CallRule[];
  /**
   * Finds the limits of a caller for a method. All of them hold. Of several roles that allow the
   * method the one with the highest rate counts, so that a further role never takes something away.
   *
   * @param subject The caller; `null` where nobody is signed in.
   * @param method The method's name.
   * @param isAdminMethod Whether it is declared administrative.
   * @returns The limits; none where the caller may call it as often as they like.
   */
  rulesOf(
    subject: (Pick<Principal, "roles"> & { kind?: Principal["kind"] }) | null,
    method: string,
    isAdminMethod?: boolean,
  ): readonly CallRule[];
}

/** The limits of a policy, whose patterns are parsed once. */
export class CallLimitTable implements CompiledCallLimits {
  readonly rules: readonly CallRule[];
  readonly #roles: LimitedRoles;
  readonly #patterns = new Map<CallRule, readonly [Pattern]>();

  /**
   * Parses limits.
   *
   * @param table The part of the policy.
   * @param roles The policy's roles.
   * @throws {DariError} `configuration` for the first mistake.
   */
  constructor(table: CallLimits, roles: LimitedRoles) {
    const problem = callLimitsProblem(table, roles.names);
    if (problem !== null) throw new DariError("configuration", `The policy's ${problem}`);
    this.#roles = roles;
    this.rules = Object.entries(table).flatMap(([role, byMethods]) =>
      Object.entries(byMethods).map(([methods, { perSecond, burst = Math.ceil(perSecond) }]) => ({
        role,
        methods,
        perSecond,
        burst,
      }))
    );
    for (const rule of this.rules) {
      this.#patterns.set(rule, [parsePattern(rule.methods, `limits of "${rule.role}"`)]);
    }
  }

  rulesOf(
    subject: (Pick<Principal, "roles"> & { kind?: Principal["kind"] }) | null,
    method: string,
    isAdminMethod = false,
  ): readonly CallRule[] {
    if (subject?.kind === "local") return [];
    const roles =
      subject?.roles.filter((role) => this.#roles.allows(role, method, isAdminMethod)) ?? [];
    // An account without a role calls what is public, as strangers do.
    const each = (roles.length === 0 ? [ANONYMOUS] : roles).map((role) => this.#of(role, method));
    return each.reduce((best, rules) => rateOf(rules) > rateOf(best) ? rules : best);
  }

  #of(role: string, method: string): CallRule[] {
    return this.rules.filter((rule) => rule.role === role && this.#covers(rule, method));
  }

  #covers(rule: CallRule, method: string): boolean {
    if (method.startsWith("rpc.") && rule.methods !== method) return false;
    return matching(this.#patterns.get(rule) ?? [], method, false) !== undefined;
  }
}

/**
 * Says a rule to a person.
 *
 * @param rule The rule.
 * @returns For instance `at most 10 calls a second, 20 at once: role "user" limits "orders.*"`.
 */
export function sayRule({ role, methods, perSecond, burst }: CallRule): string {
  const owner = role === ANONYMOUS ? "callers that have not signed in" : `role "${role}"`;
  const verb = role === ANONYMOUS ? "are limited for" : "limits";
  return `at most ${perSecond} calls a second, ${burst} at once: ${owner} ${verb} "${methods}"`;
}

/**
 * Looks for a mistake in the limits of a policy.
 *
 * @param value The part of the policy, as it was written.
 * @param roles The names of the policy's roles.
 * @returns What is wrong, or `null`.
 */
export function callLimitsProblem(value: unknown, roles: readonly string[]): string | null {
  if (!isTable(value)) return `"limits" must be an object such as ${EXAMPLE}`;
  for (const [role, byMethods] of Object.entries(value)) {
    const problem = roleProblem(role, roles) ?? tableProblem(role, byMethods);
    if (problem !== null) return problem;
  }
  return null;
}

function roleProblem(role: string, roles: readonly string[]): string | null {
  if (role === ANONYMOUS && roles.includes(ANONYMOUS)) {
    return `"limits.${ANONYMOUS}" is for callers that have not signed in; rename the role ` +
      `"${ANONYMOUS}"`;
  }
  if (role === ANONYMOUS || roles.includes(role)) return null;
  const known = [...roles, ANONYMOUS].join(", ");
  return `"limits" names the role ${
    JSON.stringify(role)
  }, which the policy does not have; it has ` +
    `${known}`;
}

function tableProblem(role: string, byMethods: unknown): string | null {
  if (!isTable(byMethods)) {
    return `"limits.${role}" must be an object of limits by methods, as in ${EXAMPLE}`;
  }
  for (const [methods, limit] of Object.entries(byMethods)) {
    const where = `"limits.${role}" has the limit ${JSON.stringify(methods)}`;
    if (!isPattern(methods) || methods.startsWith("!")) {
      return `${where}; write a method's name or "orders.*"`;
    }
    if (methods.startsWith("rpc.") && methods !== "rpc.discover") {
      return `${where}; of dari's own methods only "rpc.discover" can be limited`;
    }
    const problem = limitProblem(limit);
    if (problem !== null) return `${where}, whose ${problem}`;
  }
  return null;
}

function limitProblem(limit: unknown): string | null {
  if (!isTable(limit)) return `value must be an object such as { "perSecond": 10, "burst": 20 }`;
  const odd = Object.keys(limit).find((name) => !PARTS.includes(name));
  if (odd !== undefined) return `part "${odd}" does not exist; its parts are perSecond and burst`;
  const { perSecond, burst } = limit;
  const { minCallsPerSecond: least, maxCallsPerSecond: most } = limits;
  if (typeof perSecond !== "number" || !(perSecond >= least && perSecond <= most)) {
    const hint = perSecond === 0 ? '; to refuse all calls, deny them in "roles"' : "";
    return `perSecond is ${
      JSON.stringify(perSecond)
    }; write a number from ${least} to ${most}${hint}`;
  }
  if (burst === undefined) return null;
  if (!Number.isInteger(burst) || !(Number(burst) >= 1 && Number(burst) <= most)) {
    return `burst is ${JSON.stringify(burst)}; write a whole number from 1 to ${most}`;
  }
  return null;
}

function rateOf(rules: readonly CallRule[]): number {
  return Math.min(Infinity, ...rules.map(({ perSecond }) => perSecond));
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
