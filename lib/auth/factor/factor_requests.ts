/**
 * The requests by which people see and change their second factors, and administrators those of
 * others.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Authorizer } from "../access/authorizer.ts";
import { foldName } from "../account/names.ts";
import type { Principal } from "../policy/principal.ts";
import { codeIn, optionalTextOf, textsOf } from "../proof/params.ts";
import type { Factor } from "./factor_record.ts";
import { checkFresh, type FreshSignInParts } from "./fresh_sign_in.ts";
import type { SecondFactors } from "./second_factors.ts";

/** The right to see and remove the factors of others, as a policy names it. */
const ADMINISTER_FACTORS = "rpc.factors.administer";

/** The name of such a request. */
export type FactorMethod =
  | "rpc.factors.list"
  | "rpc.factors.add"
  | "rpc.factors.confirm"
  | "rpc.factors.codes"
  | "rpc.factors.remove";

/** The requests. */
export const FACTOR_METHODS: readonly FactorMethod[] = [
  "rpc.factors.list",
  "rpc.factors.add",
  "rpc.factors.confirm",
  "rpc.factors.codes",
  "rpc.factors.remove",
];

/** What changed by a request. */
export interface FactorChange {
  /** The account's name. */
  readonly account: string;
  /** What was done: a factor was added or removed, or the recovery codes were renewed. */
  readonly change: "added" | "removed" | "codes";
  /** The factors that it was done to. */
  readonly factors: readonly Pick<Factor, "id" | "kind" | "name">[];
}

/** The answer to a request. */
export interface FactorReply {
  /** What the client reads as `result`. */
  readonly result: unknown;
  /** What changed. */
  readonly change?: FactorChange;
}

/** Answers the requests; a part of the gate. */
export interface FactorGate {
  /** The names of the requests. */
  readonly methods: readonly FactorMethod[];
  /**
   * Answers a request.
   *
   * @param method Its name.
   * @param params Its parameters, as they came from the peer.
   * @param principal The caller.
   * @param issuer The service as authenticator apps list it.
   * @returns The reply.
   * @throws {DariError} `permission_denied` where the principal may not change the account's factors;
   * `failed_precondition` where its sign-in is not fresh, or there is nothing to confirm;
   * `invalid_params`, `not_found`.
   */
  serve(
    method: FactorMethod,
    params: unknown,
    principal: Principal,
    issuer: string,
  ): Promise<FactorReply>;
}

/** What the requests need; all of it is made by `openIdentity`. */
export interface FactorRequestsParts extends FreshSignInParts {
  /** The factors. */
  readonly factors: SecondFactors;
  /** Says who may administer those of others. */
  readonly authorizer: Pick<Authorizer, "authorize">;
}

/** Answers the requests. */
export class FactorRequests implements FactorGate {
  readonly methods = FACTOR_METHODS;
  readonly #parts: FactorRequestsParts;

  /**
   * Puts the requests together; `openIdentity` does that.
   *
   * @param parts What they need.
   */
  constructor(parts: FactorRequestsParts) {
    this.#parts = parts;
  }

  async serve(
    method: FactorMethod,
    params: unknown,
    principal: Principal,
    issuer: string,
  ): Promise<FactorReply> {
    const account = this.#accountOf(method, params, principal);
    if (method !== "rpc.factors.list") await checkFresh(principal, this.#parts);
    const { factors } = this.#parts;
    switch (method) {
      case "rpc.factors.list":
        return { result: await factors.list(account) };
      case "rpc.factors.add": {
        const name = optionalTextOf(params, "name");
        const begun = await factors.begin(account, {
          issuer,
          ...(name === undefined ? {} : { name }),
        });
        const { renderSVG } = await import("uqr");
        return { result: { ...begun, svg: renderSVG(begun.uri) } };
      }
      case "rpc.factors.confirm": {
        textsOf(params, ["code"]);
        const result = await factors.confirm(account, codeIn(params) ?? "");
        return { result, change: { account, change: "added", factors: [result.factor] } };
      }
      case "rpc.factors.codes": {
        const recoveryCodes = await factors.renewRecoveryCodes(account);
        return { result: { recoveryCodes }, change: { account, change: "codes", factors: [] } };
      }
      case "rpc.factors.remove": {
        const { id } = textsOf(params, ["id"]);
        const removed = await factors.remove(account, id);
        return { result: null, change: { account, change: "removed", factors: removed } };
      }
      default:
        return method satisfies never;
    }
  }

  /** Whose factors a request is about, where the principal may ask. */
  #accountOf(method: FactorMethod, params: unknown, principal: Principal): string {
    const named = optionalTextOf(params, "account");
    const account = named === undefined ? principal.name : foldName(named);
    if (principal.kind === "local") {
      if (named !== undefined) return account;
      throw new DariError("invalid_params", 'Say whose factors: { "account": "alice" }');
    }
    // The factors of a person, not of a program: a key or a certificate must not change them.
    if (account === principal.name && principal.kind === "session") return account;
    if (method === "rpc.factors.list" || method === "rpc.factors.remove") {
      this.#parts.authorizer.authorize(principal, ADMINISTER_FACTORS);
      return account;
    }
    throw new DariError(
      "permission_denied",
      "Only the account itself may do this: sign in by its password, passkey or private key",
    );
  }
}
