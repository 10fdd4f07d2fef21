/**
 * What serving calls is configured with.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Clock } from "../../base/clock.ts";
import type { KeptAnswers } from "../idempotency/kept_answers.ts";
import type { Publishing } from "../method/publishing.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import type { CallSlots } from "../overload/call_slots.ts";
import type { Observer } from "../observer.ts";

/** What serving calls needs, the same for all calls of a server. */
export interface ServingOptions {
  /** The methods that are offered, built-in ones included. */
  readonly methods: ReadonlyMap<string, RegisteredMethod>;
  /** Decides who calls and what they may call. */
  readonly gate: Pick<Gate, "authenticate" | "authorize" | "callLimiter" | "delegate">;
  /** Tells the gate the time, read once for all that is served in one turn. @default {the host's} */
  readonly clock?: Clock | undefined;
  /** Hears of calls. Its members must not throw: `GuardedObservers` sees to that. */
  readonly observer: Observer;
  /** The deadline of a call that names none, in milliseconds. */
  readonly callTimeoutMs: number;
  /** The longest deadline that a call may ask for, in milliseconds. */
  readonly maxCallTimeoutMs: number;
  /** How many handlers may be at work at once. */
  readonly maxCallsInFlight: number;
  /** Keeps the answers of calls with an idempotency key; without it keys are for handlers alone. */
  readonly answers?: KeptAnswers | undefined;
  /** Publishes what handlers publish. @default {there are no topics} */
  readonly publishing?: Publishing | undefined;
  /** Bounds the handlers of all connections together. @default {no bound} */
  readonly slots?: CallSlots | undefined;
}
