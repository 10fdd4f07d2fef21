import { assertEquals } from "@std/assert";
import { promptSecret } from "@std/cli/prompt-secret";
import { promptSecret as localPromptSecret } from "../../../lib/std/cli/prompt_secret.ts";

/** What a prompt returned, showed, wrote, and did to the terminal. */
interface Prompted {
  readonly secret: string | null;
  /** The lines of the screen at the end. */
  readonly screen: string;
  readonly written: string;
  readonly rawModes: readonly boolean[];
}

/** Stands for the sequence that wipes the rest of a line. */
const CLEAR = "\u{E000}";

/** What a terminal with one wide line shows of the bytes that it was sent. */
function screenOf(written: string): string {
  const lines = [""];
  let column = 0;
  for (const token of written.replaceAll("\x1b[K", CLEAR)) {
    const line = lines.at(-1)!;
    if (token === "\n") [column] = [0, lines.push("")];
    else if (token === "\r") column = 0;
    else if (token === "\b") column = Math.max(0, column - 1);
    else if (token === CLEAR) lines.splice(-1, 1, line.slice(0, column));
    else lines.splice(-1, 1, line.slice(0, column) + token + line.slice(++column));
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}

/**
 * Asks on a terminal where somebody types these chunks; `null` stands for no terminal. A read gives
 * what is there of one chunk, and no more than it has room for.
 */
function promptWith(
  typed: readonly (string | Uint8Array)[] | null,
  options: { mask?: string; clear?: boolean } = {},
  prompt = promptSecret,
): Prompted {
  const chunks = (typed ?? []).map((chunk) =>
    typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk
  );
  const rawModes: boolean[] = [];
  let written = "";
  const { stdin, stdout } = Deno;
  const before = [stdin.isTerminal, stdin.setRaw, stdin.readSync, stdout.writeSync] as const;
  const { consoleSize } = Deno;
  stdin.isTerminal = () => typed !== null;
  stdin.setRaw = (mode: boolean) => void rawModes.push(mode);
  stdin.readSync = (into: Uint8Array) => {
    const chunk = chunks.shift();
    if (chunk === undefined) return null;
    const now = chunk.subarray(0, into.length);
    if (now.length < chunk.length) chunks.unshift(chunk.subarray(now.length));
    into.set(now);
    return now.length;
  };
  stdout.writeSync = (bytes: Uint8Array) => {
    written += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  Deno.consoleSize = () => ({ columns: 80, rows: 24 });
  try {
    const secret = prompt("Password:", options);
    return { secret, screen: screenOf(written), written, rawModes };
  } finally {
    [stdin.isTerminal, stdin.setRaw, stdin.readSync, stdout.writeSync] = before;
    Deno.consoleSize = consoleSize;
  }
}

Deno.test("promptSecret() reads up to Enter and shows a star for each character", () => {
  const { secret, rawModes } = promptWith(["s3", "cret", "\r"]);
  assertEquals(secret, "s3cret");
  assertEquals([rawModes[0], rawModes.at(-1)], [true, false]);
});

Deno.test("promptSecret() shows the message and the mask, and never the secret", () => {
  const { screen, written } = promptWith(["a", "b", "\n"]);
  assertEquals([screen, /[ab]/.test(written.replaceAll("Password", ""))], [
    "Password: **\n",
    false,
  ]);
  assertEquals(promptWith(["a", "b", "\n"], { mask: "" }).screen, "Password:\n");
  assertEquals(promptWith(["a", "b", "\n"], { clear: true }).screen, "");
});

Deno.test("promptSecret() removes the last character with backspace, if there is one", () => {
  const { secret, screen } = promptWith(["\b", "ab\u007f", "c", "\n"]);
  assertEquals([secret, screen], ["ac", "Password: **\n"]);
});

Deno.test("promptSecret() reads a character whose bytes arrive apart", () => {
  const bytes = new TextEncoder().encode("다");
  assertEquals(promptWith([bytes.subarray(0, 1), bytes.subarray(1), "\n"]).secret, "다");
});

Deno.test("promptSecret() ends with the end of input", () => {
  assertEquals(promptWith(["ab"]).secret, "ab");
});

// Upstream's takes Ctrl-D for a character of the secret.
Deno.test("the local promptSecret() ends with Ctrl-D", () => {
  assertEquals(promptWith(["ab\u0004cd"], {}, localPromptSecret).secret, "ab");
});

Deno.test("promptSecret() returns null where standard input is no terminal", () => {
  const { secret, rawModes, written } = promptWith(null);
  assertEquals([secret, rawModes, written], [null, [], ""]);
});
