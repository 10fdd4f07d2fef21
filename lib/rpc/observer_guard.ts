/**
 * Where observers are taken in: several become one, and none can harm a call.
 *
 * @module
 */

import type { Observer } from "./observer.ts";

type Member = keyof Observer;
type Tell = (first: unknown, second: unknown) => void;

// A record, so that the compiler finds a member that is missing here.
const MEMBERS: Readonly<Record<Member, true>> = {
  callBegan: true,
  callEnded: true,
  callDenied: true,
  handlerFailed: true,
  requestsWaited: true,
  signInSucceeded: true,
  signInFailed: true,
  signedOut: true,
  accountLocked: true,
  connectionOpened: true,
  connectionClosed: true,
  connectionRefused: true,
  serverStopping: true,
  callCut: true,
  serverStopped: true,
};

/**
 * Makes one observer out of any number. It has just the members that at least one of them has now,
 * and its members never throw.
 *
 * @param observers One observer or several; they are told in this order.
 * @param report Takes the first failure of each observer; by default it goes to `console.error`.
 * @returns The observer.
 */
export function guardObservers(
  observers: Observer | readonly Observer[],
  report: (error: unknown) => void = reportOnConsole,
): Observer {
  const list: readonly Observer[] = Array.isArray(observers) ? observers : [observers];
  const membersOf = list.map((observer) => guard(observer, report));
  const guarded: Partial<Record<Member, Tell>> = {};
  for (const name of Object.keys(MEMBERS) as Member[]) {
    const tells = membersOf.map((member) => member(name)).filter((tell) => tell !== undefined);
    const [first] = tells;
    if (first === undefined) continue;
    guarded[name] = tells.length === 1 ? first : (a, b) => {
      for (const tell of tells) tell(a, b);
    };
  }
  return guarded as Observer;
}

/**
 * Whether somebody hears of calls, so that their bytes are worth counting. Whoever hears of failures
 * alone does not count them.
 *
 * @param observer What {@linkcode guardObservers} made.
 * @returns True where it has a member that takes a call, other than `handlerFailed`.
 */
export function hearsCalls(observer: Observer): boolean {
  const { callBegan, callEnded, callDenied } = observer;
  return [callBegan, callEnded, callDenied].some((member) => member !== undefined);
}

/**
 * Gives a callback of the user in a form that never throws: a log that is full must not end the
 * server.
 *
 * @param callback The callback; what it returns is not used.
 * @param report Takes its first failure; by default it goes to `console.error`.
 * @returns The callback in that form.
 */
export function guardCallback<A extends unknown[]>(
  callback: (...args: A) => unknown,
  report: (error: unknown) => void = reportOnConsole,
): (...args: A) => void {
  const failed = reportOnce(report);
  return (...args) => {
    try {
      const outcome = callback(...args);
      if (outcome instanceof Promise) outcome.catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}

/** @returns A function that reports the first failure, and never throws. */
function reportOnce(report: (error: unknown) => void): (error: unknown) => void {
  let isReported = false;
  return (error) => {
    if (isReported) return;
    isReported = true;
    try {
      report(error);
    } catch {
      // There is nowhere left to report to.
    }
  };
}

/** @returns A function that gives a member of the observer in a form that never throws. */
function guard(
  observer: Observer,
  report: (error: unknown) => void,
): (name: Member) => Tell | undefined {
  const failed = reportOnce(report);
  return (name) => {
    try {
      const member: unknown = observer[name]; // read once; it may be a getter or a proxy
      if (typeof member !== "function") return undefined;
      return (first, second) => {
        try {
          const outcome: unknown = member.call(observer, first, second);
          if (typeof outcome !== "object" || outcome === null) return;
          Promise.resolve(outcome).then(undefined, failed);
        } catch (error) {
          failed(error);
        }
      };
    } catch (error) {
      failed(error);
      return undefined;
    }
  };
}

function reportOnConsole(error: unknown): void {
  console.error(
    `An observer failed. Calls go on; its further failures are not reported. ${textOf(error)}`,
  );
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
