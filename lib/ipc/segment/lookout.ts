/**
 * Looking for what other processes write, before a thread sleeps: one look serves all connections.
 *
 * Being woken over a socket takes 20 to 40 µs and two passes through the kernel; a change of shared
 * memory is seen in a fraction of one. But looking pays only where the other process runs meanwhile,
 * on another core. So who looks gives up its core from time to time, notices by the time that this
 * takes whether another process wanted it, and then rests: for so much longer than what it lost that
 * looking costs little even where no core is ever free.
 *
 * A look keeps the thread, so it must not begin while this side still has something to do for the other
 * one. A reply is usually written a few microtasks after its request was read, and a call after a reply:
 * whoever reads something owes an answer ({@linkcode Answer}), and the look begins once nobody does, or
 * with the next turn of the event loop, when all microtasks have run.
 *
 * Invariant: while something is in `#waiting`, a turn or a microtask that looks is on its way.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";
import type { SpinHistory } from "../wait/spin.ts";
import { leaveCore, relinquish } from "./core.ts";
import { readCoreTimes } from "./core_times.ts";
import { type RestClocks, Rests } from "./rests.ts";

/** What of the machine it uses; a test brings its own. */
export interface Cores extends RestClocks {
  /** Whether another process can run while this thread looks. */
  readonly several: boolean;
  /** Lets another process run that waits for this core. */
  relinquish(): void;
  /** Moves this thread to another core. */
  leave(): void;
}

/** Somebody who waits. */
interface Waiting {
  readonly ready: () => boolean;
  /** For how long it looks at the most, and when that is over; set after the first look in vain. */
  readonly mostMs: number;
  endMs: number;
  /** Whether it is this side that leaves a core which both share. */
  readonly leaves: boolean;
  /** Learns how it ended. */
  readonly history: SpinHistory | undefined;
  readonly resolve: (isFound: boolean) => void;
}

const { timeOrigin } = performance;
const thisMachine: Cores = {
  several: navigator.hardwareConcurrency > 1,
  now: () => timeOrigin + performance.now(),
  relinquish,
  leave: leaveCore,
  times: readCoreTimes,
};

/** Somebody who sleeps until its socket is read. */
export interface Sleeper {
  /** Whether the other side has tried to wake it. */
  readonly isCalled: boolean;
  /** Wakes it. */
  rang(): void;
}

/** What a thread has read from one connection, and may answer before its microtasks are over. */
export class Answer {
  readonly #lookout: Lookout;
  #owedIn = -1;

  /** @param lookout Waits for the answer. */
  constructor(lookout: Lookout) {
    this.#lookout = lookout;
  }

  /** Something was read. */
  owe(): void {
    if (this.#owedIn === this.#lookout.turns) return;
    this.#owedIn = this.#lookout.turns;
    this.#lookout.owe();
  }

  /** Something was written. */
  give(): void {
    if (this.#owedIn !== this.#lookout.turns) return;
    this.#owedIn = -1;
    this.#lookout.give();
  }
}

/** Looks for everybody of this thread who waits. */
export class Lookout {
  readonly #cores: Cores;
  readonly #waiting = new Set<Waiting>();
  /** Added by `sleeps`, removed by `wakes`. */
  readonly #sleepers = new Set<Sleeper>();
  /** How often the event loop has turned for it. */
  turns = 0;
  /** The answers that may still come in this turn. */
  #owed = 0;
  /** Looks since the last turn. */
  #looks = 0;
  /** Whether a turn is on its way, and whether a microtask that looks is. */
  #isTurning = false;
  #isScheduled = false;
  readonly #turned = () => {
    this.#isTurning = false;
    this.turns++;
    this.#owed = this.#looks = 0;
    this.#wakeSleepers();
    this.#round();
  };
  readonly #settled = () => {
    this.#isScheduled = false;
    if (this.#owed === 0) this.#round();
  };
  readonly #rests: Rests;
  /** Time that looks have saved, less the time that others had this core meanwhile. */
  #savedMs = 0;

  /** @param cores What of the machine it uses. */
  constructor(cores: Cores = thisMachine) {
    this.#cores = cores;
    this.#rests = new Rests(cores);
  }

  /** Whether this thread looks already, so that one more condition costs next to nothing. */
  get isLooking(): boolean {
    return this.#waiting.size > 0 && this.#waiting.size < limits.maxLookoutWaiting;
  }

  /** Whether looking does not pay now, since no core is free. */
  get isResting(): boolean {
    return !this.#cores.several || this.#rests.isUnderWay();
  }

  /**
   * Looks until something is there, for at most `limits.segmentSpinMs` times the number of those who
   * wait: the other side serves one after the other.
   *
   * @param ready Whether it is there.
   * @param leaves Whether this side leaves a core that both sides share.
   * @param history Learns whether it was found.
   * @returns Whether `ready` returned `true`.
   */
  look(ready: () => boolean, leaves: boolean, history?: SpinHistory): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const mostMs = limits.segmentSpinMs * (1 + this.#waiting.size);
    this.#waiting.add({ ready, mostMs, endMs: 0, leaves, history, resolve });
    this.#begin();
    return promise;
  }

  /**
   * Somebody sleeps. While this thread looks for others, it is never idle, and the runtime reads
   * sockets in few of its turns alone: then it is looked after here.
   */
  sleeps(sleeper: Sleeper): void {
    this.#sleepers.add(sleeper);
  }

  /** It has been woken. */
  wakes(sleeper: Sleeper): void {
    this.#sleepers.delete(sleeper);
  }

  #wakeSleepers(): void {
    if (this.#sleepers.size > limits.maxLookoutWaiting) return;
    for (const sleeper of this.#sleepers) if (sleeper.isCalled) sleeper.rang();
  }

  /** As {@linkcode Answer}: one more answer may come in this turn. */
  owe(): void {
    this.#owed++;
  }

  /** As {@linkcode Answer}: one of them has come. */
  give(): void {
    this.#owed--;
    if (this.#owed === 0) this.#begin();
  }

  /** Looks soon, or with the next turn. */
  #begin(): void {
    if (this.#waiting.size === 0 || this.#isScheduled) return;
    if (!this.#isTurning) {
      this.#isTurning = true;
      void turn().then(this.#turned);
    }
    if (this.#owed > 0 || this.#looks >= limits.lookoutRoundsPerTurn) return;
    this.#isScheduled = true;
    queueMicrotask(this.#settled);
  }

  #round(): void {
    if (this.#waiting.size === 0) return;
    this.#looks++;
    if (this.#resolveReady() === 0 && !this.#block()) {
      this.#looks = Infinity; // the next look comes after a turn
      this.#giveUpCore();
      this.#endLate();
    } else if (this.#owed === 0) this.#looks = Infinity; // nobody says when they are done
    this.#begin();
  }

  /**
   * What comes while this thread holds its core comes from another core.
   *
   * The other side is about to write one message, so it is looked for as often as can be; the clock,
   * which takes longer than a look, is read less often.
   */
  #block(): boolean {
    const endMs = this.#cores.now() + limits.spinBlockingMs;
    do {
      for (let looks = 0; looks < limits.looksPerClockRead; looks++) {
        Atomics.pause();
        if (this.#resolveReady() === 0) continue;
        this.#gain();
        return true;
      }
    } while (this.#cores.now() < endMs);
    return false;
  }

  #gain(): void {
    this.#savedMs += limits.lookoutGainMs;
    if (this.#savedMs < limits.maxLookoutSavedMs) return;
    this.#savedMs = limits.maxLookoutSavedMs;
    this.#rests.shorten();
  }

  #resolveReady(): number {
    let found = 0;
    for (const waiting of this.#waiting) {
      if (!isReady(waiting)) continue;
      this.#end(waiting, true);
      found++;
    }
    return found;
  }

  #endLate(): void {
    if (this.#waiting.size === 0) return;
    const nowMs = this.#cores.now();
    const { isResting } = this;
    for (const waiting of this.#waiting) {
      if (waiting.endMs === 0) waiting.endMs = nowMs + waiting.mostMs;
      if (isResting || nowMs >= waiting.endMs) this.#end(waiting, isReady(waiting));
    }
  }

  #end(waiting: Waiting, isFound: boolean): void {
    this.#waiting.delete(waiting);
    waiting.history?.learn(isFound);
    waiting.resolve(isFound);
  }

  /**
   * What the other side does on this core is found as well, but sleeping would be cheaper. A socket that
   * wakes a process puts it on the core of who writes, so one side leaves it; where that does not help,
   * no core is free. A process that computes keeps the core that it is given for milliseconds.
   */
  #giveUpCore(): void {
    const before = this.#cores.now();
    this.#cores.relinquish();
    const lostMs = this.#cores.now() - before;
    if (lostMs <= limits.spinRelinquishedMs) return;
    this.#savedMs -= lostMs;
    if (this.#waiting.values().some(({ leaves }) => leaves)) this.#cores.leave();
    if (this.#savedMs >= -limits.maxLookoutLostMs) return;
    this.#rests.begin();
    this.#savedMs = 0;
  }
}

/** Memory that was released cannot be looked at: who waits for it has to notice that itself. */
function isReady({ ready }: Waiting): boolean {
  try {
    return ready();
  } catch {
    return true;
  }
}
