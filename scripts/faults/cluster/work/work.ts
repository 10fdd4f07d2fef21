/**
 * What clients do while the cluster fails, and what they were promised.
 *
 * @module
 */

import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import type { Random } from "../../../sim/time/random.ts";
import type { Clients } from "./clients.ts";

/** How long a revocation may go unnoticed where a server is connected, in milliseconds. */
const CONNECTED_BOUND_MS = 1_000;

/** A fault, as the judges of a round know it. */
export interface Trouble {
  /** When it began. */
  readonly faultAtMs: number;
  /** When it was mended; what was hit may need time behind that. */
  readonly healedAtMs: number;
  /** When everything went well again. */
  readonly wellAtMs: number;
  /** The servers of dari that were hit. */
  readonly hit: ReadonlySet<number>;
  /** Whether those were up, and had no way to a majority of the NATS servers. */
  readonly isCut: boolean;
}

/** Something that was promised and did not hold. */
export interface Broken {
  /** The promise. */
  readonly promise: string;
  /** What happened. */
  readonly what: string;
}

/** An answer to a client, or that there was none. */
export interface Answer {
  /** The work that it belongs to. */
  readonly work: string;
  /** The server that was asked; `undefined` where the client chose. */
  readonly server: number | undefined;
  /** Whether something was written, or was to be. */
  readonly isWrite: boolean;
  readonly invokedAtMs: number;
  readonly returnedAtMs: number;
  /** Why it was not done; `undefined` where it was, or was refused for a reason that is no failure. */
  readonly failure?: string | undefined;
}

/** A part of the load. */
export interface Work {
  /** What it is called. */
  readonly name: string;
  /** How many of its steps begin in a second. */
  readonly rate: number;
  /** Makes ready for a round, before anything fails. */
  prepare?(): Promise<void>;
  /** Does one thing, and is done when it was answered; never rejects. */
  step(): Promise<void>;
  /**
   * Looks, after a round, whether what was promised holds.
   *
   * @param trouble What failed.
   */
  judge(trouble: Trouble): Promise<Broken[]>;
}

/** The answers of a round. */
export class Journal {
  /** They. */
  readonly answers: Answer[] = [];

  /** The time, in milliseconds. */
  readonly now = (): number => performance.now();

  /** Writes an answer down. */
  add(answer: Omit<Answer, "returnedAtMs">): void {
    this.answers.push({ ...answer, returnedAtMs: this.now() });
  }
}

/** What most parts of the load go through. */
export interface WorkParts {
  readonly clients: Pick<Clients, "local" | "any" | "signIn">;
  readonly journal: Journal;
  readonly random: Random;
  /** What no other round has in its names. */
  readonly round: string;
}

/** The password of the accounts that a round makes. */
export const PASSWORD = "correct horse battery staple";

/**
 * How old what a server says may be.
 *
 * @param trouble What failed.
 * @param atMs When it was asked.
 */
export function stalenessBoundMs({ faultAtMs, wellAtMs }: Trouble, atMs: number): number {
  const isTroubled = atMs >= faultAtMs && atMs <= wellAtMs;
  return isTroubled ? limits.maxStoreStalenessMs : CONNECTED_BOUND_MS;
}

/** What an error says, in a few words that are the same for the same failure. */
export function failureOf(error: unknown): string {
  if (!(error instanceof DariError)) return "no answer";
  return `${error.code}: ${error.message.replaceAll(/[0-9a-f-]{8,}|\d+/g, "…")}`;
}
