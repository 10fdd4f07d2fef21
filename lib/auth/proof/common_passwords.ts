/**
 * Whether a password is a common one, also behind what people add to one so that a rule is met: digits,
 * symbols, capital letters, letters that look like digits, runs, and the same once more.
 *
 * @module
 */

/** Runs are found in these rows, in both directions. */
const ROWS = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
const LINES = ROWS.flatMap((row) => [row, [...row].reverse().join("")]);
const SHORTEST_RUN = 3;
/** What is left of a password without its runs has to be so long. */
const SHORTEST_REST = 4;

/** What stands for a letter; `1` and `!` stand for either of two. */
const LOOK_ALIKES = ["i", "l"].map((one): Readonly<Record<string, string>> => ({
  "0": "o",
  "1": one,
  "!": one,
  "3": "e",
  "4": "a",
  "@": "a",
  "5": "s",
  "$": "s",
  "7": "t",
  "+": "t",
  "8": "b",
}));

/**
 * Says whether a password is a common one, as it is or decorated.
 *
 * @param password The password.
 * @returns Whether it is.
 *
 * @example
 * ```ts
 * import { isCommonPassword } from "./common_passwords.ts";
 * import { assert } from "@std/assert";
 *
 * assert(await isCommonPassword("P4ssw0rd-2026!!"));
 * assert(!await isCommonPassword("correct horse battery"));
 * ```
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  const plain = password.normalize("NFKC").toLowerCase();
  if (bareOf(withoutRuns(plain)).length < SHORTEST_REST) return true;
  if (/^(.{1,4})\1+.{0,3}$/su.test(plain)) return true;
  const common = await commonPasswords();
  return [...readingsOf(plain)].some((reading) => common.has(reading));
}

/** Everything that the text may have been before it was decorated. */
function readingsOf(plain: string): ReadonlySet<string> {
  const readings = new Set<string>();
  for (const text of [plain, withoutRuns(plain)]) {
    for (const core of [text, coreOf(text)]) {
      for (const letters of [core, ...LOOK_ALIKES.map((map) => withLetters(core, map))]) {
        for (const reading of [letters, coreOf(letters), bareOf(letters)]) {
          readings.add(reading).add(unitOf(reading));
        }
      }
    }
  }
  return readings;
}

/** Without what is no letter at both ends. */
function coreOf(text: string): string {
  return text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, "");
}

/** Letters and digits alone. */
function bareOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, "");
}

function withLetters(text: string, map: Readonly<Record<string, string>>): string {
  return [...text].map((character) => map[character] ?? character).join("");
}

/** What the text repeats, where it is nothing but that. */
function unitOf(text: string): string {
  return /^(.+?)\1+$/su.exec(text)?.[1] ?? text;
}

/** Without runs of equal and of neighbouring characters. */
function withoutRuns(text: string): string {
  const characters = [...text];
  let rest = "";
  for (let at = 0; at < characters.length;) {
    const length = runLength(characters, at);
    if (length >= SHORTEST_RUN) at += length;
    else rest += characters[at++];
  }
  return rest;
}

/** How many characters from a place on are equal, or follow each other in a row. */
function runLength(characters: readonly string[], start: number): number {
  const first = characters[start];
  let end = start + 1;
  let run = first ?? "";
  if (characters[end] === first) {
    while (characters[end] === first) end++;
    return end - start;
  }
  while (end < characters.length) {
    run += characters[end];
    if (!LINES.some((line) => line.includes(run))) break;
    end++;
  }
  return end - start;
}

// A public list: nothing here is a secret.
let loading: Promise<ReadonlySet<string>> | undefined;

/** Loaded when the first password is chosen: that takes 60 ms and some megabytes. */
function commonPasswords(): Promise<ReadonlySet<string>> {
  loading ??= import("@zxcvbn-ts/language-common").then(({ dictionary }) =>
    new Set(dictionary["passwords-common"])
  );
  return loading;
}
