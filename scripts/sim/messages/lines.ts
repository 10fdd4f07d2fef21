/**
 * What programs write down that use queues, jobs and topics: lines by which they are judged, whether
 * they run in a simulation or are killed for real.
 *
 * @module
 */

/** What the messages say. */
export interface Body {
  /** Names the message, also where it is put again. */
  readonly n: string;
  /** Whether each of its tries fails. */
  readonly isPoison: boolean;
}

/** How a worker answers. */
export type Answer = "ack" | "nack";

/** One line. Times are the machine's, in milliseconds. */
export type Line =
  /** A put was acknowledged. `lane` puts one message after the other. */
  | {
    readonly kind: "put";
    readonly n: string;
    readonly number: number;
    readonly lane: string;
    readonly isPoison: boolean;
    readonly isDuplicate: boolean;
  }
  /** A worker begins: this is the effect of a message. `askedAt` is when it asked for one. */
  | {
    readonly kind: "run";
    readonly n: string;
    readonly number: number;
    readonly key?: string | undefined;
    readonly lease: string;
    readonly tries: number;
    readonly askedAt: number;
    readonly at: number;
  }
  /** A worker is about to answer. */
  | {
    readonly kind: "answers";
    readonly lease: string;
    readonly answer: Answer;
    readonly at: number;
  }
  /** What became of an answer; without this line nobody knows. */
  | { readonly kind: "answered"; readonly lease: string; readonly isTaken: boolean }
  /** A lease began anew, not before this time and not after that. */
  | {
    readonly kind: "extended";
    readonly lease: string;
    readonly askedAt: number;
    readonly at: number;
  }
  /** A job was acknowledged. */
  | { readonly kind: "job"; readonly n: string; readonly job: number }
  /** A job runs. */
  | { readonly kind: "jobRun"; readonly n: string; readonly at: number }
  /** A try of a job is about to fail by itself. */
  | { readonly kind: "jobFails"; readonly n: string; readonly at: number }
  /** The step of a job is done: this is its effect. */
  | { readonly kind: "step"; readonly n: string; readonly at: number }
  /** That step is remembered. */
  | { readonly kind: "stepKept"; readonly n: string; readonly at: number }
  /** A publish was acknowledged. `cursor` is the number in it; `lane` is as in a put. */
  | {
    readonly kind: "published";
    readonly n: string;
    readonly cursor: number;
    readonly lane: string;
  }
  /** A reader begins behind a place, where it says so. */
  | { readonly kind: "readsFrom"; readonly reader: string; readonly cursor: number }
  /** A reader of a topic has got a message; its lines are in their order. */
  | {
    readonly kind: "heard";
    readonly reader: string;
    readonly n: string;
    readonly cursor: number;
  }
  /** A member of a group was given a message. */
  | { readonly kind: "given"; readonly n: string; readonly lease: string; readonly at: number }
  /** It has acknowledged that message, which was taken. */
  | { readonly kind: "givenDone"; readonly n: string; readonly at: number }
  /** How far the group is, seen in this order. */
  | { readonly kind: "groupAt"; readonly cursor: number };
