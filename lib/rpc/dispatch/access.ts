/**
 * Who makes a call, and whether they may.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type { Gate } from "../../auth/sign_in/gate.ts";
import { DariError } from "../../base/errors.ts";
import type { NotificationMessage, RequestMessage } from "../../protocol/message.ts";
import type { MethodRight } from "../method/method.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import type { Observer } from "../observer.ts";
import type { ServedCall } from "./served_call.ts";

/** What is asked of the gate. */
type AskedGate = Pick<Gate, "authenticate" | "authorize" | "delegate" | "witness">;

/** Asks the gate about calls, and tells observer and witness of those that it refuses. */
export class Access {
  readonly #gate: AskedGate;
  readonly #observer: Observer;

  /**
   * @param gate Decides.
   * @param observer Hears of refusals; its members do not throw.
   */
  constructor(gate: AskedGate, observer: Observer) {
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
   * @param right What the call needs.
   * @param call The call.
   * @param now The time, in milliseconds since the epoch.
   * @returns What the call has to wait for, where there is something.
   * @throws {DariError} `unauthenticated`, `permission_denied`; or as a rejection.
   */
  check(
    method: RegisteredMethod,
    right: MethodRight,
    call: ServedCall,
    now: number,
  ): Promise<void> | undefined {
    try {
      this.#gate.authorize(call.principal, right.name, now, right.isAdmin);
    } catch (error) {
      return this.#refuse(call, error);
    }
    return method.isAdmin ? this.#gate.witness?.(call, undefined) : undefined;
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
      return this.#refuse(call, error);
    }
    if (!(settled instanceof Promise)) {
      call.principal = settled;
      return undefined;
    }
    return settled.then(
      (principal) => void (call.principal = principal),
      (error) => this.#refuse(call, error),
    );
  }

  /**
   * Tells of a call that the gate refused; a gate that failed refused nothing.
   *
   * @throws The error; as a rejection, once the refusal is written down, where somebody does that.
   */
  #refuse(call: ServedCall, error: unknown): Promise<never> {
    if (!isRefusal(error)) throw error;
    this.#observer.callDenied?.(call, error);
    const written = this.#gate.witness?.(call, error);
    if (written === undefined) throw error;
    const refuse = () => {
      throw error;
    };
    return written.then(refuse, refuse);
  }
}

function isRefusal(error: unknown): error is DariError {
  return error instanceof DariError &&
    (error.code === "unauthenticated" || error.code === "permission_denied");
}
