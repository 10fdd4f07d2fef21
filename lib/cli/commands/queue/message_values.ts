/**
 * Messages as users write them: JSON, or JSON Lines.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";

/**
 * Reads messages.
 *
 * @param text What the user wrote.
 * @param isLines Whether each line is a message; empty ones are left out.
 * @returns The values.
 * @throws {DariError} `usage` for what is no JSON, naming the line.
 */
export function messageValues(text: string, isLines: boolean): unknown[] {
  if (!isLines) return [valueOf(text, "The message")];
  return text.split("\n").flatMap((line, at) =>
    line.trim() === "" ? [] : [valueOf(line, `Line ${at + 1} of standard input`)]
  );
}

function valueOf(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    const message = `${what} is not JSON; a text needs quotes of its own: '"hello"'`;
    throw new DariError("usage", message, { cause });
  }
}
