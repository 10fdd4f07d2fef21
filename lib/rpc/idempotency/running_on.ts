/**
 * Calls with a key that run on though their connection has ended.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import { after, settlesWithin } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";

/** A call whose handler is at work. */
export interface CallAtWork {
  readonly principal: Principal | null;
  leftMs(): number;
  /** Tells the handler to stop. */
  abort(reason: DariError): void;
}

/** The calls of one server that run on. Each ends by its deadline, with its credential or its server. */
export class RunningOn {
  /** What takes each call's timer away. */
  readonly #calls = new Map<CallAtWork, () => void>();
  /** Made by `end`, resolved when the last call has ended. */
  #idle: PromiseWithResolvers<void> | undefined;

  /**
   * Lets a call run on.
   *
   * @param call The call.
   * @param tooLate Makes the reason to stop at its deadline.
   */
  add(call: CallAtWork, tooLate: () => DariError): void {
    const forget = after(Math.max(0, call.leftMs()), () => call.abort(tooLate()), {
      persistent: false,
    });
    this.#calls.set(call, forget);
  }

  /** The handler of a call has returned. */
  ended(call: CallAtWork): void {
    this.#calls.get(call)?.();
    this.#calls.delete(call);
    if (this.#calls.size > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Stops the calls of a principal whose credential was revoked. */
  revoke(principal: Principal): void {
    const reason = credentialRevoked();
    for (const call of this.#calls.keys()) if (call.principal === principal) call.abort(reason);
  }

  /**
   * Waits for the calls, and stops those that take longer.
   *
   * @param timeoutMs How long they may take, in milliseconds.
   */
  async end(timeoutMs: number): Promise<void> {
    if (this.#calls.size === 0) return;
    this.#idle ??= Promise.withResolvers<void>();
    if (await settlesWithin(this.#idle.promise, timeoutMs)) return;
    const reason = new DariError("unavailable", "The server has stopped");
    for (const [call, forget] of this.#calls) {
      forget();
      call.abort(reason);
    }
    this.#calls.clear();
  }
}

/**
 * The error of calls whose caller's credential was revoked while they ran.
 *
 * @returns The error.
 */
export function credentialRevoked(): DariError {
  return new DariError("unauthenticated", "The credential was revoked; sign in again");
}
