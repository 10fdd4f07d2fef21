/**
 * What the intake of a connection works with.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { WaitingCalls } from "../call/waiting_calls.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { TurnQueue } from "../overload/turn_queue.ts";
import type { MessageRouter } from "./message_router.ts";
import type { ParkedRequests } from "./parked_requests.ts";

/** The parts of a connection that an intake works with. */
export interface IntakeParts {
  /** Says whether replies wait, and hears of this side's own requests. */
  readonly outbox: Pick<
    Outbox,
    "isFull" | "isOwing" | "isOverfull" | "onRequest" | "hold" | "flush"
  >;
  /** Serves messages. */
  readonly router: Pick<MessageRouter, "route">;
  /** Told of the beginning and the end of each turn, and of calls that it should refuse. */
  readonly dispatcher: Pick<Dispatcher, "beginTurn" | "endTurn" | "judge">;
  /** Takes what cannot be served yet. */
  readonly parked: Pick<ParkedRequests, "isFull" | "isEmpty" | "onRoom" | "take">;
  /** This side's calls that wait for a reply. */
  readonly waiting: Pick<WaitingCalls, "size">;
  /** Shares the thread with other connections; absent where it is not shared. */
  readonly turns?: Pick<TurnQueue, keyof TurnQueue> | undefined;
  /** Whether the bytes of each line are needed now. */
  countsBytes(): boolean;
  /** Told once, where lines that had waited cannot be taken. */
  failed(error: unknown): void;
  /** The clock of the deadlines, in milliseconds. */
  monotonic(): number;
  /** The same, read once for all that is taken in one turn. */
  readonly turn: Pick<Clock, "monotonic">;
}
