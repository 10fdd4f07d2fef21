/**
 * From a call that is allowed to what its handler returns: its slot, its params, its idempotency key.
 *
 * @module
 */

import { runWithin } from "../../base/context/ambient_call.ts";
import type { NotificationMessage, RequestMessage } from "../../protocol/message.ts";
import { KeyedCalls } from "../idempotency/keyed_calls.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import type { CallSlots } from "../overload/call_slots.ts";
import { tooLate } from "../overload/late_calls.ts";
import { keyedRun } from "./call_failure.ts";
import { checkReturned } from "./call_streams.ts";
import type { ServedCall } from "./served_call.ts";
import type { ServingOptions } from "./serving_options.ts";

/** Runs the handlers of one connection's calls. */
export class CallRunner {
  readonly #slots: CallSlots | undefined;
  readonly #keyed: KeyedCalls | undefined;

  /**
   * @param options Slots, and the answers that are kept.
   * @param now The time, in milliseconds since the epoch.
   */
  constructor({ slots, answers }: Pick<ServingOptions, "slots" | "answers">, now: () => number) {
    this.#slots = slots;
    this.#keyed = answers && new KeyedCalls(answers, now);
  }

  /**
   * Checks the params of a call and runs its handler.
   *
   * @param method The method.
   * @param message The request or notification.
   * @param call The call.
   * @returns What the handler returned, checked; a promise where something had to be waited for.
   */
  run(
    method: RegisteredMethod,
    message: RequestMessage | NotificationMessage,
    call: ServedCall,
  ): unknown {
    return this.#slots === undefined || method.isBuiltIn
      ? this.#checkAndHandle(method, message, call)
      : this.#slots.run(call, () => this.#checkAndHandle(method, message, call));
  }

  /**
   * Lets a call whose connection broke run on where it has a key, for its caller who comes back.
   *
   * @param call The call.
   * @returns Whether it runs on.
   */
  runOn(call: ServedCall): boolean {
    return this.#keyed?.runOn(call, () => tooLate(call)) ?? false;
  }

  #checkAndHandle(
    method: RegisteredMethod,
    message: RequestMessage | NotificationMessage,
    call: ServedCall,
  ): unknown {
    const checked = method.checkParams(
      message.types === undefined ? message.params : call.revived(message),
    );
    return checked instanceof Promise
      ? checked.then((ready) => this.#handle(method, ready, call, message))
      : this.#handle(method, checked, call, message);
  }

  #handle(
    method: RegisteredMethod,
    params: unknown,
    call: ServedCall,
    message: RequestMessage | NotificationMessage,
  ): unknown {
    if (this.#keyed === undefined || message.meta?.idempotencyKey === undefined) {
      return runHandler(method, params, call);
    }
    const run = () => runHandler(method, params, call);
    return this.#keyed.run(call, method, message, keyedRun(method, call, run));
  }
}

function runHandler(method: RegisteredMethod, params: unknown, call: ServedCall): unknown {
  const returned = method.mayMakeCalls
    ? runWithin(call, method.handler, params)
    : method.handler(params, call);
  if (returned instanceof Promise) return returned.then((value) => checkReturned(method, value));
  return checkReturned(method, returned);
}
