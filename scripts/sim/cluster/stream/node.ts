/**
 * A NATS server of the simulation, and what it has.
 *
 * @module
 */

import type { LogMessage, LogPlace } from "../../../../lib/cluster/log/log.ts";
import type { Program } from "../../time/timeline.ts";

/** A message that the stream has. */
export interface KeptMessage extends LogMessage {
  readonly place: LogPlace;
  /** Who appended it; `undefined` for a stranger. */
  readonly by: Program | undefined;
  /** When that program sent it, on the clock of the run. */
  readonly sentAt: number;
}

/** What the stream is asked to agree on. */
export type Proposal =
  | Omit<KeptMessage, "sequence" | "atMs"> & { readonly agreed: () => void }
  | { readonly removesUpTo: number; readonly agreed: () => void };

/** Hears that a NATS server has more messages. */
export interface Reader {
  wake(): void;
  /** The server has ended, and with it what it delivered. */
  lost(): void;
}

/** A NATS server. */
export interface StreamNode {
  readonly name: string;
  isUp: boolean;
  /** How long after the leader it has a message, in milliseconds, at the most. */
  lagMs: number;
  /** How much of what was agreed on it has written down. */
  written: number;
  /** How much of that it shows to those who read. */
  shown: number;
  isCatchingUp: boolean;
  /** What it was asked as the leader, and nobody has agreed on. It survives on its disk. */
  tail: Proposal[];
  /** How much was agreed on when the first of that came. */
  tailAt: number;
  /** Whether it gives, as the leader, what nobody has agreed on. */
  isHasty: boolean;
  /** Whether nothing that it is asked as the leader reaches the others. */
  isStuck: boolean;
  /** What it gave so. */
  early: KeptMessage[];
  readonly readers: Set<Reader>;
}

/** How long after the leader another one has a message, in milliseconds, while nothing is wrong. */
export const LAG_MS = 4;

/**
 * Makes one, which is up and has nothing.
 *
 * @param name Its name.
 */
export function newNode(name: string): StreamNode {
  return {
    ...{ name, isUp: true, lagMs: LAG_MS, written: 0, shown: 0, isCatchingUp: false },
    ...{
      tail: [],
      tailAt: 0,
      isHasty: false,
      isStuck: false,
      early: [],
      readers: new Set<Reader>(),
    },
  };
}
