/**
 * Asks servers whether they take calls.
 *
 * @see {@link https://github.com/grpc/grpc/blob/master/doc/health-checking.md | gRPC health checking}
 * @module
 */

import { deadline } from "../../base/abort.ts";
import { RpcError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Caller } from "../call/caller.ts";
import { checkBothAboveZero } from "../option_checks.ts";
import type { HealthCheckOptions } from "./balance_options.ts";

const HEALTH = "rpc.health";

/** The same with its defaults. */
export interface HealthCheckSettings {
  /** How often each server is asked, in milliseconds. */
  readonly intervalMs: number;
  /** How long an answer may take, in milliseconds. */
  readonly timeoutMs: number;
  /** The service that is asked for. */
  readonly service: string;
  /** Whether a server is asked that is the only one. */
  readonly isAskedAlone: boolean;
}

/**
 * Fills in what the user left out.
 *
 * @param options What the user said; a server that is the only one is asked where that is something.
 * @returns All of it.
 * @throws {RangeError} For times that are no numbers above 0.
 */
export function healthSettings(options?: HealthCheckOptions): HealthCheckSettings {
  const { intervalMs = limits.healthIntervalMs, timeoutMs = limits.healthTimeoutMs, service = "" } =
    options ?? {};
  checkBothAboveZero(["intervalMs", "timeoutMs of health"], intervalMs, timeoutMs);
  return { intervalMs, timeoutMs, service, isAskedAlone: options !== undefined };
}

/**
 * Asks a server whether it takes calls.
 *
 * @param caller Calls the server.
 * @param settings What is asked, and how long the answer may take.
 * @returns Whether it says so. A server that does not tell, because it does not know the question, is
 * too busy or this caller may not ask, takes calls; one whose answer cannot be understood does not.
 */
export async function askHealth(
  caller: Pick<Caller, "ask">,
  { service, timeoutMs }: HealthCheckSettings,
): Promise<boolean> {
  try {
    // It waits on after its time: so life signs find out that a connection is dead which no call uses.
    const question = caller.ask(HEALTH, service === "" ? {} : { service }, limits.callTimeoutMs);
    const answer = await deadline(question, timeoutMs);
    return typeof answer === "object" && answer !== null && "status" in answer &&
      answer.status === "SERVING";
  } catch (error) {
    return error instanceof RpcError && DOES_NOT_TELL.has(error.code);
  }
}

const DOES_NOT_TELL: ReadonlySet<string> = new Set([
  "method_not_found",
  "permission_denied",
  "unauthenticated",
  "resource_exhausted",
]);
