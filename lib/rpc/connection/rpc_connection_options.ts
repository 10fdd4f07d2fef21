/**
 * What a connection that carries calls is made with.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Clock } from "../../base/clock.ts";
import type { TurnQueue } from "../overload/turn_queue.ts";
import type { OutboxOptions } from "../outbox/outbox_options.ts";
import type { ServingOptions } from "../dispatch/serving_options.ts";
import type { LifeSignTimes } from "./life_signs.ts";

/** What an `RpcConnection` is made with. */
export interface RpcConnectionOptions extends ServingOptions, Partial<OutboxOptions> {
  /** Decides who calls and what they may call, and answers sign-in requests. */
  readonly gate: Gate;
  /** Where the time comes from. */
  readonly clock: Clock;
  /** Says where HTTP is spoken, to a peer that speaks it here. */
  readonly httpsAt?: (() => string | undefined) | undefined;
  /** Shares the thread between connections. @default {each takes all that it has received} */
  readonly turns?: TurnQueue | undefined;
  /** How long the other side may be silent while calls wait for it. @default {never asked} */
  readonly lifeSigns?: LifeSignTimes | undefined;
  /**
   * How often a peer that has ended its input and still has calls is asked whether it is there, in
   * milliseconds.
   *
   * @default {10_000}
   */
  readonly halfOpenProbeMs?: number | undefined;
}
