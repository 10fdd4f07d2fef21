/**
 * The defaults of how calls are spread.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { checkBothAboveZero } from "../option_checks.ts";
import type { BalanceOptions, ConnectionsOptions } from "./balance_options.ts";
import { type HealthCheckSettings, healthSettings } from "./health_check.ts";

/** How calls are spread, nothing left out. */
export interface BalanceSettings {
  /** How many connections there are to one address. */
  readonly connections: Required<{ [K in keyof ConnectionsOptions]: number }>;
  /** How servers are asked whether they take calls; `undefined` for not at all. */
  readonly health: HealthCheckSettings | undefined;
}

/**
 * Fills in what the user left out.
 *
 * @param options What the user said, and whether servers are greeted: one that leaves questions
 * unanswered that it does not know is not asked how it is either.
 * @returns All of it.
 * @throws {RangeError} For numbers that cannot be used.
 */
export function settingsOf(
  { connections = {}, health, hello = true }: BalanceOptions & {
    readonly hello?: boolean | undefined;
  },
): BalanceSettings {
  const isAsked = health === undefined ? hello : health !== false;
  return {
    connections: connectionSettings(connections),
    health: isAsked && health !== false ? healthSettings(health) : undefined,
  };
}

function connectionSettings(options: ConnectionsOptions): BalanceSettings["connections"] {
  const {
    max = limits.maxConnectionsEach,
    idleMs = limits.idleConnectionMs,
    callsEach = limits.callsPerConnection,
  } = options;
  if (!Number.isInteger(max) || max < 1) {
    throw new RangeError(`connections.max is ${max}; it must be a whole number of 1 or more`);
  }
  checkBothAboveZero(["connections.idleMs", "callsEach"], idleMs, callsEach);
  return { max, idleMs, callsEach };
}
