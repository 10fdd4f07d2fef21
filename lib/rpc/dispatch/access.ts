/**
 * Who makes a call, and whether they may.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type { Gate } from "../../auth/sign_in/gate.ts";
import { DariError } from "../../base/errors.ts";
import type { NotificationMessage, RequestMessage } from "../../protocol/message.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import type { Observer } from "../observer.ts";
import type { ServedCall } from "./served_call.ts";

/** Asks the gate about calls, and tells the observer of those that it refuses. */
export class Access {
  readonly #gate: Pick<Gate, "authenticate" | "authorize" | "delegate">;
  readonly #observer: Observer;

  /**
   * @param gate Decides.
   * @param observer Hears of refusals; its members do not throw.
   */
  constructor(gate: Pick<Gate, "authenticate" | "authorize" | "delegate">, observer: Observer) {
    this.#gate = gate;
    this.#observer = observer;
  }

  /**
   * Settles who makes a call that has a credential of its own, or is made on behalf of others.
   *
   * @param message The message.
   * @param call The call; it has the connection's principal, and gets the one that was settled.
   * @returns Nothing, or a promise where that takes time.
   * @throws {DariError} `unauthenticated`, `permission_denied`; or as a rejection.
   */
  settle(
    { auth, method, params, meta }: RequestMessage | NotificationMessage,
    call: ServedCall,
  ): Promise<void> | undefined {
    return this.#guard(call, () => {
      const found = auth === undefined
        ? call.principal
        : this.#gate.authenticate(auth, method, params, call.peer);
      const chain = meta?.chain;
      if (chain === undefined) return found;
      return found instanceof Promise
        ? found.then((principal) => this.#behalf(principal, chain))
        : this.#behalf(found, chain);
    });
  }

  /**
   * Lets a call of a method go ahead.
   *
   * @param method The method, which is not public.
   * @param call The call.
   * @param now The time, in milliseconds since the epoch.
   * @throws {DariError} `unauthenticated`, `permission_denied`.
   */
  check(method: RegisteredMethod, call: ServedCall, now: number): void {
    try {
      this.#gate.authorize(call.principal, method.name, now, method.isAdmin);
    } catch (error) {
      throw this.#denied(call, error);
    }
  }

  #behalf(peer: Principal | null, chain: readonly string[]): Principal | Promise<Principal> {
    if (peer === null) {
      throw new DariError("unauthenticated", "Sign in to call on behalf of others");
    }
    if (this.#gate.delegate === undefined) {
      throw new DariError("permission_denied", "This server takes no calls on behalf of others");
    }
    return this.#gate.delegate(peer, chain);
  }

  #guard(
    call: ServedCall,
    settle: () => Principal | null | Promise<Principal>,
  ): Promise<void> | undefined {
    let settled: Principal | null | Promise<Principal>;
    try {
      settled = settle();
    } catch (error) {
      throw this.#denied(call, error);
    }
    if (!(settled instanceof Promise)) {
      call.principal = settled;
      return undefined;
    }
    return settled.then((principal) => void (call.principal = principal), (error) => {
      throw this.#denied(call, error);
    });
  }

  /** Tells the observer where the gate refused a call; a gate that failed refused nothing. */
  #denied(call: ServedCall, error: unknown): unknown {
    if (error instanceof DariError) {
      const isRefusal = error.code === "unauthenticated" || error.code === "permission_denied";
      if (isRefusal) this.#observer.callDenied?.(call, error);
    }
    return error;
  }
}
