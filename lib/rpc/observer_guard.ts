/**
 * Where observers are taken in: several become one, they may come and go, and none can harm a call.
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
  factorChanged: true,
  connectionOpened: true,
  connectionClosed: true,
  connectionRefused: true,
  serverStopping: true,
  callCut: true,
  serverStopped: true,
};

/**
 * The observers of one server as one, whose members never throw. The plain path of a call reads one
 * property for each event.
 */
export class GuardedObservers {
  /**
   * All observers as one. Its members change when an observer is added or removed, so read the member
   * for each event; a member that no observer has is absent or `undefined`.
   */
  readonly all: Observer;
  readonly #report: (error: unknown) => void;
  /** What each observer hears, in the order in which they are told. */
  readonly #heard: ReadonlyMap<Member, Tell>[] = [];

  /**
   * @param observers Those that stay; they are told in this order.
   * @param report Takes the first failure of each observer; by default it goes to `console.error`.
   */
  constructor(
    observers: Observer | readonly Observer[],
    report: (error: unknown) => void = reportOnConsole,
  ) {
    this.#report = report;
    this.all = {};
    const list: readonly Observer[] = Array.isArray(observers) ? observers : [observers];
    for (const observer of list) this.#heard.push(membersOf(observer, report));
    this.#join(Object.keys(MEMBERS) as Member[]);
  }

  /**
   * Adds an observer.
   *
   * @param observer The observer; its members are read now, once.
   * @returns Takes it away again when disposed of.
   */
  add(observer: Observer): Disposable {
    const heard = membersOf(observer, this.#report);
    this.#heard.push(heard);
    this.#join(heard.keys());
    return {
      [Symbol.dispose]: () => {
        const at = this.#heard.indexOf(heard);
        if (at < 0) return;
        this.#heard.splice(at, 1);
        this.#join(heard.keys());
      },
    };
  }

  #join(names: Iterable<Member>): void {
    const all = this.all as Partial<Record<Member, Tell | undefined>>;
    for (const name of names) {
      const tells = this.#heard.map((heard) => heard.get(name)).filter((each) =>
        each !== undefined
      );
      const [first] = tells;
      if (tells.length > 1) {
        all[name] = (a, b) => {
          for (const tell of tells) tell(a, b);
        };
      } else if (first !== undefined || Object.hasOwn(all, name)) all[name] = first;
    }
  }
}

function membersOf(
  observer: Observer,
  report: (error: unknown) => void,
): ReadonlyMap<Member, Tell> {
  const member = guard(observer, report);
  const found = new Map<Member, Tell>();
  for (const name of Object.keys(MEMBERS) as Member[]) {
    const tell = member(name);
    if (tell !== undefined) found.set(name, tell);
  }
  return found;
}

/**
 * Whether an observer hears of calls, so that their bytes are counted. One that hears of failures
 * alone needs no bytes.
 *
 * @param observer The `all` of {@linkcode GuardedObservers}.
 * @returns True where it has a member that takes a call, other than `handlerFailed`.
 */
export function hearsCalls(observer: Observer): boolean {
  const { callBegan, callEnded, callDenied } = observer;
  return callBegan !== undefined || callEnded !== undefined || callDenied !== undefined;
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
