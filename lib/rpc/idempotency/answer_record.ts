/**
 * What is kept of a call with an idempotency key.
 *
 * @module
 */

import { DariError, type ErrorCode, errorTable } from "../../base/errors.ts";
import type { Id } from "../../protocol/message.ts";

/**
 * What is kept. Each names the call by its digest, `of`.
 *
 * - `begun`: it was begun, and whether it has run is not known until another record takes this one's
 *   place;
 * - `lost`: it was cut while it ran;
 * - `unkept`: it has run, and its answer could not be kept;
 * - `result`, `error`: its answer.
 */
export type AnswerRecord = { readonly of: string } & AnswerState;

/** A record without the call that it belongs to. */
export type AnswerState =
  | {
    readonly state: "begun";
    /** Which server runs it. */
    readonly by: string;
    /** When it has ended at the latest, in milliseconds since the epoch. */
    readonly untilMs: number;
  }
  | { readonly state: "lost" }
  | { readonly state: "unkept"; readonly why: string }
  | ResultAnswer
  | ErrorAnswer;

/** A result, in the form that every peer takes. */
export interface ResultAnswer {
  readonly state: "result";
  /** Its JSON text; bytes are base64. */
  readonly text: string;
  /** The JSON text of its types, where it has some. */
  readonly types?: string | undefined;
}

/** An error, as its caller was told. */
export interface ErrorAnswer {
  readonly state: "error";
  readonly code: ErrorCode;
  /** The text of the member `error`, behind that of `types` where its data has some. */
  readonly members: string;
}

/**
 * Reads a record from a store.
 *
 * @param text What was kept.
 * @returns The record.
 * @throws {DariError} `internal` where it is none: what it stood for is not known.
 */
export function parseRecord(text: string): AnswerRecord {
  const record = JSON.parse(text) as AnswerRecord;
  const isKnown = typeof record?.of === "string" &&
    ["begun", "lost", "unkept", "result", "error"].includes(record.state);
  if (isKnown) return record;
  throw new DariError("internal", "The store holds an answer that this version cannot read");
}

/** The error of a call that was answered before, with the words that its caller was told then. */
export class KeptError extends DariError {
  readonly #members: string;

  /** @param answer The answer. */
  constructor({ code, members }: ErrorAnswer) {
    super(code, `The answer that was kept: ${code}`, { retryable: errorTable[code].retryable });
    this.#members = members;
  }

  /** Whether an error is one; also for proxies, which `instanceof` asks. */
  static is(error: unknown): error is KeptError {
    return typeof error === "object" && error !== null && #members in error;
  }

  /**
   * The reply.
   *
   * @param id The id of the request.
   * @param knowsTypes Whether the caller takes types.
   * @returns The line.
   */
  reply(id: Id, knowsTypes: boolean): string {
    let members = this.#members;
    if (!knowsTypes && members.startsWith('"types"')) {
      members = `"error":${JSON.stringify(JSON.parse(`{${members}}`).error)}`;
    }
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},${members}}`;
  }
}
