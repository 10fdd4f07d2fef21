/**
 * `rpc.policy` and `rpc.policy.explain`: who may call what, and why.
 *
 * @module
 */

import type { Decision, Policy } from "../../auth/policy/policy.ts";
import type { Identity } from "../../auth/sign_in/identity.ts";
import type { Methods } from "../../rpc/method/method.ts";
import { needed, readParams } from "../methods/params.ts";

/** What these methods work with. */
export interface PolicyMethodsParts {
  /** The policy that decides now, and what it decides. */
  readonly identity: Pick<Identity, "policy" | "explain">;
  /** Whether a method of the program is declared administrative. */
  readonly isAdminMethod: (method: string) => boolean;
}

/** What `rpc.policy.explain` answers. */
export interface Explanation extends Decision {
  /** The caller: an account, `local`, or `certificate:IDENTITY`. */
  readonly principal: string;
  /** What they would call. */
  readonly method: string;
  /** Whether the method is administrative. */
  readonly administrative: boolean;
}

/**
 * Makes them.
 *
 * @param parts What they work with.
 */
export function policyMethods({ identity, isAdminMethod }: PolicyMethodsParts): Methods {
  return {
    "rpc.policy": {
      summary: "Who may call what",
      idempotent: true,
      handler(params: unknown): Required<Omit<Policy, "issuers">> & { issuers: string[] } {
        readParams(params, {});
        const { roles, scopes = {}, public: open = [], limits = {}, issuers = {} } =
          identity.policy;
        // Without a policy there are three roles, which may call everything.
        const all = { admin: ["*"], user: ["*"], certificate: ["*"] };
        return {
          ...{ roles: roles ?? all, scopes, public: open, limits },
          issuers: Object.keys(issuers),
        };
      },
    },
    "rpc.policy.explain": {
      summary: "Whether somebody may call a method, and which rule decides",
      idempotent: true,
      positions: ["principal", "method", "scopes"],
      async handler(params: unknown): Promise<Explanation> {
        const given = readParams(params, { principal: "text", method: "text", scopes: "texts" });
        const [principal, method] = [needed(given, "principal"), needed(given, "method")];
        const { scopes } = given;
        const administrative = isAdminMethod(method);
        const decision = await identity.explain(principal, method, scopes, administrative);
        return { principal, method, administrative, ...decision };
      },
    },
  };
}
