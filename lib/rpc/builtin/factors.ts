/**
 * The methods by which people see and change their second factors.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import { DariError } from "../../base/errors.ts";
import type { Context } from "../method/context.ts";
import { RegisteredMethod } from "../method/registry.ts";
import type { Observer } from "../observer.ts";

/** What the methods need. */
export interface FactorMethodsParts {
  /** Answers them; a gate without second factors has no such methods. */
  readonly gate: Pick<Gate, "factors">;
  /** Hears of changes; its members do not throw. */
  readonly observer: Pick<Observer, "factorChanged">;
  /** The server's title, by which authenticator apps list the account. */
  readonly title: string;
}

/**
 * Makes the methods.
 *
 * @param parts What they need.
 * @returns `rpc.factors.list` and its kin; none where the gate has no second factors.
 */
export function factorMethods(parts: FactorMethodsParts): RegisteredMethod[] {
  const { gate: { factors }, observer, title } = parts;
  if (factors === undefined) return [];
  return factors.methods.map((name) => {
    const handler = async (params: unknown, { principal, peer }: Context) => {
      if (principal === null) throw new DariError("unauthenticated", `Sign in to call "${name}"`);
      const { result, change } = await factors.serve(name, params, principal, title);
      if (change !== undefined) observer.factorChanged?.({ ...change, principal, peer });
      return result;
    };
    return new RegisteredMethod(name, handler, false);
  });
}
