/**
 * What all servers make of a log before they look into its batches, each by itself and all the same:
 * which messages count, what was sent in parts, and which moments there are snapshots of. Nothing here
 * depends on the server, its clock or chance.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { decodeCut, decodeMark, type SnapshotMark } from "./body.ts";
import { Chain, type ChainStart } from "./chain.ts";
import { Parts } from "./parts.ts";
import type { Bytes, OpenedMessage } from "./seal.ts";

/**
 * Why a message was passed over: no server wrote it, it came before, it is far too old, or it was decided
 * on another log than this one.
 */
export type PassedReason = "forged" | "repeated" | "late" | "astray";

/** What became of a message that is not a batch, or not a whole one. */
export type TakenBeside =
  /** A batch that does not hold, since parts of it are missing. */
  | { readonly kind: "broken" }
  | { readonly kind: "part" | "beat" }
  /** Whether a snapshot of this moment is to be made. */
  | { readonly kind: "cut"; readonly isTaken: boolean }
  /** A snapshot is whole; messages up to that of the one before it are no longer needed. */
  | { readonly kind: "mark"; readonly obsolete: number }
  | { readonly kind: "passed"; readonly reason: PassedReason }
  /** Messages before this one are missing: the state must be read anew from a snapshot. */
  | { readonly kind: "gap" }
  /** A newer dari wrote it: what follows would be misunderstood. */
  | { readonly kind: "newer" };

/** What became of a message. */
export type TakenMessage =
  | TakenBeside
  /** A whole batch. */
  | { readonly kind: "body"; readonly body: Bytes };

/** A moment of which a snapshot is made. */
export interface Cut {
  /** The number of its message in the log. */
  readonly sequence: number;
  /** The writer of the snapshot. */
  readonly writer: string;
  /** When, by the log. */
  readonly atMs: number;
  /** How many messages had been taken. */
  readonly taken: number;
  /** About how many bytes the snapshot has. @default {0} */
  readonly bytes?: number | undefined;
  /** What tells the state of that moment from others, in some forms of state. */
  readonly check?: string | undefined;
}

/** The last message of a writer. */
export interface WriterPlace {
  /** Its count. */
  readonly count: number;
  /** Its number in the log. */
  readonly sequence: number;
}

/** What a snapshot says of the log. */
export interface LogFacts {
  /** The moment of the snapshot. */
  readonly cut: Cut;
  /** The moment of the snapshot before it; 0 for the first. */
  readonly obsolete: number;
  /** The last message of each writer: its count, and its number in the log. */
  readonly writers: readonly (readonly [writer: string, count: number, sequence: number])[];
  /** The digest of the log at that moment, in hexadecimal, where messages have to say theirs. */
  readonly digest?: string | undefined;
}

/** Where somebody who kept the state by themselves goes on. */
export interface LogPosition extends Omit<LogFacts, "digest"> {
  /** The last message that was looked at. */
  readonly sequence: number;
  /** What came since the last cut. */
  readonly since: SinceCut;
  /** The digests since the last cut. */
  readonly chain: ChainStart;
}

/** What came since the last cut. */
export interface SinceCut {
  readonly messages: number;
  readonly bytes: number;
  /** Bytes of which there is no snapshot that is whole. */
  readonly uncovered: number;
}

/** The log as far as it was read. */
export class LogState {
  readonly parts = new Parts();
  /** What tells this log from others. */
  readonly chain: Chain;
  /** Messages of writers, so that none is taken twice. */
  readonly #writers = new Map<string, WriterPlace>();
  #sequence = 0;
  /** The last moment of which a snapshot is made. */
  #cut: Cut | undefined;
  /** The moment of the last snapshot that is whole; 0 before the first. */
  #whole = 0;
  /** Messages taken, and their bytes, since the last cut. */
  #since = { messages: 0, bytes: 0, uncovered: 0 };

  /**
   * @param facts What it begins with: those of a snapshot, or of a place after it; nothing by default.
   */
  constructor(facts?: LogFacts | LogPosition) {
    this.chain = new Chain(facts && chainOf(facts));
    if (facts === undefined) return;
    const { cut, obsolete, writers } = facts;
    for (const [writer, count, sequence] of writers) this.#writers.set(writer, { count, sequence });
    this.#sequence = "sequence" in facts ? facts.sequence : cut.sequence;
    if ("since" in facts) this.#since = { ...facts.since };
    this.#cut = cut.sequence === 0 ? undefined : cut;
    this.#whole = obsolete;
  }

  /** The last message that was looked at. */
  get sequence(): number {
    return this.#sequence;
  }

  /** How many messages have been taken. */
  get taken(): number {
    return this.chain.taken;
  }

  /** What came since the last cut. */
  get since(): SinceCut {
    return this.#since;
  }

  /**
   * Whether a snapshot is under way, or was a moment ago.
   *
   * @param atMs The time, by the log.
   */
  isCutting(atMs: number): boolean {
    const cut = this.#cut;
    return cut !== undefined && this.#whole !== cut.sequence && atMs - cut.atMs < timeOf(cut);
  }

  /**
   * The count of a writer's last message; 0 for one that is not known.
   *
   * @param writer The writer.
   */
  countOf(writer: string): number {
    return this.#writers.get(writer)?.count ?? 0;
  }

  /**
   * A writer's last message.
   *
   * @param writer The writer.
   */
  placeOf(writer: string): WriterPlace | undefined {
    return this.#writers.get(writer);
  }

  /**
   * What a snapshot of this moment says of the log, right after its `cut` was taken.
   */
  facts(): LogFacts {
    const { isInForce, point: { digest } } = this.chain;
    return {
      cut: this.#cut ?? { sequence: 0, writer: "", atMs: 0, taken: 0 },
      obsolete: this.#whole,
      writers: [...this.#writers].map(([name, place]) => [name, place.count, place.sequence]),
      ...(isInForce && { digest: digest.toString(16) }),
    };
  }

  /**
   * Notes what tells the state at the last cut from others.
   *
   * @param check The same at all servers that have the same state.
   */
  noteCheck(check: string): void {
    if (this.#cut !== undefined) this.#cut = { ...this.#cut, check };
  }

  /**
   * Takes a message of the log.
   *
   * @param message What the seal gave; `undefined` for what no server wrote.
   * @param sequence Its number in the log.
   * @param atMs When the log got it, in milliseconds since the epoch.
   * @returns What became of it.
   */
  take(message: OpenedMessage | undefined, sequence: number, atMs: number): TakenMessage {
    this.#sequence = sequence;
    if (message === undefined) return { kind: "passed", reason: "forged" };
    const { writer, count, after } = message;
    if (count <= this.countOf(writer)) return { kind: "passed", reason: "repeated" };
    if (after >= sequence || sequence - after > limits.storeReplayMessages) {
      return { kind: "passed", reason: "late" };
    }
    // A beat decides nothing, and those who know no points have to be heard.
    const isFree = message.kind === "beat" && message.point === undefined;
    const judged = isFree ? "right" : this.chain.judge(message.point);
    if (judged !== "right") return { kind: "passed", reason: judged };
    this.chain.take(message, sequence);
    this.#writers.set(writer, { count, sequence });
    this.#since.messages++;
    this.#since.bytes += message.body.length;
    this.#since.uncovered += message.body.length;
    return this.#takeKind(message, atMs);
  }

  #takeKind(message: OpenedMessage, atMs: number): TakenMessage {
    const { kind, writer, body } = message;
    if (kind !== "part") this.parts.forget(writer);
    switch (kind) {
      case "beat":
        return { kind };
      case "batch":
        return { kind: "body", body };
      case "part": {
        const whole = this.parts.take(writer, body);
        return typeof whole === "string" ? { kind: whole } : { kind: "body", body: whole };
      }
      case "cut":
        return this.#takeCut(writer, atMs, decodeCut(body));
      case "mark":
        return this.#takeMark(decodeMark(body), writer);
      case "piece":
        return { kind: "passed", reason: "late" }; // none belongs here
      default:
        return { kind: "newer" };
    }
  }

  #takeCut(writer: string, atMs: number, bytes: number): TakenMessage {
    if (this.isCutting(atMs)) return { kind: "cut", isTaken: false };
    const sequence = this.#sequence;
    this.parts.forget();
    for (const [name, place] of this.#writers) {
      // What it wrote is too old by now to be taken again.
      if (sequence - place.sequence > limits.storeReplayMessages) this.#writers.delete(name);
    }
    this.chain.cut();
    this.#cut = { sequence, writer, atMs, taken: this.taken, ...(bytes > 0 && { bytes }) };
    this.#since = { ...this.#since, messages: 0, bytes: 0 };
    return { kind: "cut", isTaken: true };
  }

  #takeMark(mark: SnapshotMark | undefined, writer: string): TakenMessage {
    if (mark === undefined) return { kind: "newer" };
    const cut = this.#cut;
    if (cut === undefined || mark.cut > cut.sequence) return { kind: "gap" };
    if (mark.cut < cut.sequence || cut.writer !== writer) return { kind: "mark", obsolete: 0 };
    if (mark.taken !== cut.taken || differs(mark, cut)) return { kind: "gap" };
    const obsolete = this.#whole;
    this.#whole = cut.sequence;
    this.#since.uncovered = this.#since.bytes;
    return { kind: "mark", obsolete };
  }
}

function chainOf(facts: LogFacts | LogPosition): ChainStart {
  if ("chain" in facts) return facts.chain;
  const { cut: { taken }, digest } = facts;
  const digests = new BigUint64Array([digest === undefined ? 0n : BigInt(`0x${digest}`)]);
  return { taken, digests, isInForce: digest !== undefined };
}

/** How long its maker has for a snapshot, in milliseconds. */
function timeOf({ bytes = 0 }: Cut): number {
  return limits.storeSnapshotTimeoutMs + bytes * 1_000 / limits.storeSnapshotBytesPerSecond;
}

function differs({ check }: SnapshotMark, cut: Cut): boolean {
  return check !== undefined && cut.check !== undefined && check !== cut.check;
}
