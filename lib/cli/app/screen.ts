/**
 * A whole terminal, for a command that shows one page after the other in the same place.
 *
 * @module
 */

import { columnsOf, cutColumns } from "../../base/text/columns.ts";
import { limits } from "../../base/limits.ts";
import { type Line, renderLine } from "./line.ts";

/** A terminal that a command has taken over; disposing gives it back as it was. */
export interface Screen extends Disposable {
  /** How many columns and rows it has now. */
  size(): { readonly columns: number; readonly rows: number };
  /**
   * Shows a page. Lines that are too long are cut, and so are lines beyond the last row.
   *
   * @param lines Its lines.
   */
  show(lines: readonly Line[]): void;
  /** Gives the next keys that are typed, as text; `null` once there is no terminal any more. */
  key(): Promise<string | null>;
}

/** What a screen works on: the terminal's two ends. */
export interface ScreenTerminal {
  /** Writes bytes. */
  write(bytes: Uint8Array): void;
  /** Reads what is typed, byte by byte, from now on or no more. */
  setRaw(isRaw: boolean): void;
  /** Reads keys. */
  read(into: Uint8Array): Promise<number | null>;
  /** Its size. */
  size(): { readonly columns: number; readonly rows: number };
  /** Whether pages may carry colour. */
  readonly color: boolean;
}

// xterm's control sequences: another buffer, no cursor; home; the rest of a line, of the screen.
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/**
 * Takes a terminal over.
 *
 * @param terminal The terminal.
 * @returns The screen; the caller disposes of it.
 */
export function openScreen(terminal: ScreenTerminal): Screen {
  const encoder = new TextEncoder();
  const write = (text: string) => terminal.write(encoder.encode(text));
  terminal.setRaw(true);
  write(ENTER);
  return {
    size: () => terminal.size(),
    show(lines) {
      const { columns, rows } = terminal.size();
      const shown = lines.slice(0, Math.max(1, rows - 1))
        .map((line) => renderLine(cut(line, columns), terminal.color) + CLEAR_LINE);
      write(`${HOME}${shown.join("\r\n")}\r\n${CLEAR_BELOW}`);
    },
    async key() {
      const bytes = new Uint8Array(limits.maxKeystrokeBytes);
      const length = await terminal.read(bytes).catch(() => null);
      return length === null ? null : new TextDecoder().decode(bytes.subarray(0, length));
    },
    [Symbol.dispose]() {
      write(LEAVE);
      terminal.setRaw(false);
    },
  };
}

/** Cuts a line to so many columns. */
function cut(line: Line, columns: number): Line {
  let left = columns;
  const parts = typeof line === "string" ? [line] : line;
  return parts.map((part) => {
    const text = typeof part === "string" ? part : part.text;
    const kept = cutColumns(text, left);
    left -= columnsOf(text);
    return typeof part === "string" ? kept : { ...part, text: kept };
  });
}
