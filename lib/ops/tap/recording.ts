/**
 * Recordings: the calls that a tap has shown, in a file.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { TappedCall } from "./tapped_call.ts";

/** The version of the form below; a change that older programs would misread makes it larger. */
const VERSION = 1;

/**
 * The first line of a recording.
 *
 * @param startedAtMs When it began, in milliseconds since the epoch.
 * @returns The line, without LF.
 */
export function recordingHead(startedAtMs: number): string {
  return JSON.stringify({ recording: "dari", version: VERSION, startedAtMs });
}

/** A recording, as it was read. */
export interface Recording {
  /** The calls. */
  readonly calls: readonly TappedCall[];
  /** How many the recorder missed. */
  readonly missed: number;
}

/**
 * Reads a recording. A last line that was cut, because the recorder was ended, is left out.
 *
 * @param text The file's text.
 * @param source The file's name, for messages.
 * @throws {DariError} `data` for another file, another version, and a line that is damaged.
 *
 * @example
 * ```ts
 * import { parseRecording, recordingHead } from "./recording.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseRecording(`${recordingHead(0)}\n`, "calls.jsonl").calls, []);
 * ```
 */
export function parseRecording(text: string, source: string): Recording {
  const lines = text.split("\n");
  const rest = lines.pop() ?? "";
  const head = parsed(lines[0] ?? rest);
  if (head?.recording !== "dari") throw damaged(source, "it is no recording of dari tap");
  if (head.version !== VERSION) {
    const version = JSON.stringify(head.version);
    throw damaged(source, `its version is ${version}, and this dari reads ${VERSION} alone`);
  }
  const calls: TappedCall[] = [];
  let missed = 0;
  for (const [at, line] of lines.entries()) {
    if (at === 0) continue;
    const value = parsed(line);
    if (typeof value?.missed === "number") missed += value.missed;
    else if (isCall(value)) calls.push(value);
    else throw damaged(source, `line ${at + 1} is no call`);
  }
  return { calls, missed };
}

function damaged(source: string, reason: string): DariError {
  return new DariError("data", `Cannot read the recording "${source}": ${reason}`);
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

function isCall(value: unknown): value is TappedCall {
  if (typeof value !== "object" || value === null) return false;
  const { method, principal, error, admin } = value as Record<string, unknown>;
  return typeof method === "string" && (principal === null || isPrincipal(principal)) &&
    (error === undefined || typeof error === "string") && (admin === undefined || admin === true);
}

function isPrincipal(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { name, kind, roles, scopes = [] } = value as Record<string, unknown>;
  return typeof name === "string" && typeof kind === "string" && isTexts(roles) && isTexts(scopes);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
