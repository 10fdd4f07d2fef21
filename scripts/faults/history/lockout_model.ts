/**
 * The count of an account's wrong passwords, as one client at a time would find it.
 *
 * A sign-in counts itself as a failure before it is checked, and takes that back when it was right: two
 * steps, between which others may count. So it is two operations here; {@linkcode attempt} makes them.
 *
 * @module
 */

import { limits } from "../../../lib/base/limits.ts";
import type { Model, Operation } from "./operation.ts";

/** A step of a sign-in, or a look at the account. */
export interface LockoutInput {
  /** It counts itself, or takes that back. */
  readonly step: "count" | "uncount" | "look";
  /** Whether the password is right. */
  readonly isRight: boolean;
  /** Which sign-in it belongs to, where it has two steps. */
  readonly attempt?: number | undefined;
}

/** What a sign-in is answered: nobody is told whether a password was wrong or the account locked. */
export type SignInOutput = "signed in" | "refused";

/** What is answered. */
export type LockoutOutput = SignInOutput | "locked" | "open";

/** How many failures count, and which sign-ins have counted themselves and not taken it back. */
export interface LockoutState {
  /** The failures. */
  readonly failures: number;
  /** The sign-ins. */
  readonly begun: readonly number[];
}

/** The model. */
export const lockoutModel: Model<LockoutState, LockoutInput, LockoutOutput> = {
  initial: { failures: 0, begun: [] },
  step(state, { step, isRight, attempt }, output) {
    const isLocked = state.failures >= limits.lockoutFailures;
    if (step === "look") return (output === "locked") === isLocked ? [state] : [];
    if (step === "uncount") return uncounted(state, isRight, attempt, output);
    if (isLocked) return output === "signed in" ? [] : [state];
    if (isRight && output === "refused") return [];
    const begun = attempt === undefined ? state.begun : [...state.begun, attempt];
    return [{ failures: state.failures + 1, begun: begun.toSorted() }];
  },
  changesNothing: ({ step }) => step === "look",
  text: ({ failures, begun }) => `${failures} ${begun.join()}`,
};

function uncounted(
  { failures, begun }: LockoutState,
  isRight: boolean,
  attempt: number | undefined,
  output: LockoutOutput | undefined,
): LockoutState[] {
  if (attempt === undefined || !begun.includes(attempt)) return [];
  const rest = begun.filter((each) => each !== attempt);
  const cleared = { failures: 0, begun: rest };
  if (output !== undefined) return [cleared];
  // One that could not be checked takes back itself alone.
  const released = { failures: Math.max(0, failures - 1), begun: rest };
  return isRight ? [cleared, released] : [released];
}

/**
 * The operations of a sign-in.
 *
 * @param sign What was tried, and what was answered.
 * @param attempt Its number, which no other has.
 */
export function attempt(
  sign: Operation<{ readonly isRight: boolean }, SignInOutput>,
  attempt: number,
): Operation<LockoutInput, LockoutOutput>[] {
  const { input: { isRight }, output } = sign;
  if (output === "refused") {
    return [{ ...sign, input: { step: "count", isRight } }];
  }
  return [
    { ...sign, input: { step: "count", isRight, attempt } },
    { ...sign, input: { step: "uncount", isRight, attempt } },
  ];
}
