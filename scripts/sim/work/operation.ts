/**
 * What is known of the calls of a run, and what is promised about them.
 *
 * @module
 */

import type { MessagesPromised } from "../messages/judge.ts";
import type { Program } from "../time/timeline.ts";
import type { Step } from "./plan.ts";

/** The promises that are checked. */
export type Promised =
  | MessagesPromised
  | "no acknowledged effect is lost"
  | "no call runs twice that may not"
  | "no key is answered two ways"
  | "no revoked credential is served"
  | "every call ends by its deadline"
  | "nothing is left at rest"
  | "every call gets its own answer"
  | "calls fail only for a reason"
  | "no error is left to nobody"
  | "the system recovers";

/** A promise that was broken. */
export interface Violation {
  readonly promise: Promised;
  /** What happened, as far as it was seen. */
  readonly what: string;
}

/** A credential, and when it ended. */
export interface Credential {
  readonly account: string;
  /** Whether somebody has tried to revoke it. */
  isDoubtful: boolean;
  /** When it was revoked, on the clock of the run; `Infinity` while it is good. */
  revokedAt: number;
}

/** A call of a client that was begun. */
export interface Operation {
  readonly step: Step;
  /** Who called. */
  readonly client: Program;
  readonly credential: Credential;
  readonly beganAt: number;
  /** Whether its client was closed while it was under way. */
  isAbandoned: boolean;
  /** Until when its program was frozen, so that it could not end it. */
  frozenUntil: number;
  /** How often its handler began. */
  runs: number;
  state: "under way" | "acknowledged" | "failed";
}

/** Where a call's effect is on the disk. */
export function effectKey(id: number): string {
  return `effect/${id}`;
}

/** An operation for people. */
export function named({ step, client }: Operation): string {
  return `${step.kind} ${step.id} of ${client.name}`;
}
