/**
 * The parts of the tour (`dari demo`).
 *
 * @module
 */

import type { Language, Text } from "../language/language.ts";

/** What a scene is given. */
export interface Stage {
  /** A directory of the scene's own, which is removed after it. */
  readonly directory: string;
  /** The language of the tour: its data are in that language as well. */
  readonly language: Language;
  /**
   * Shows what happened.
   *
   * @param what What was done.
   * @param outcome Its result, as a JSON value.
   */
  show(what: Text, outcome: unknown): void;
}

/** One scene of the tour: a real program over the public library. */
export interface Scene {
  /** What it is about. */
  readonly title: Text;
  /** The lines that made it, six at most. */
  readonly code: string;
  /** What to type to do the same; the first line may be a sentence. */
  readonly tryIt: Text;
  /**
   * Plays it.
   *
   * @param stage Where it shows what happens.
   * @throws {Error} When a step fails.
   */
  play(stage: Stage): Promise<void>;
}

/**
 * What the tour says of lines that are a program of two files.
 *
 * @param names What they import from the library.
 * @param child The second file, without its import.
 * @returns How to run them.
 */
export function asProgram(names: string, child: string): Text {
  const imports = `import { ${names} } from "@dari/dari/ipc";`;
  return {
    en: `two files, both with ${imports}\nparent.ts has the lines above, child.ts has\n` +
      `${child}\n  deno run -A parent.ts`,
    ko: `두 파일 모두 맨 위에 ${imports}\nparent.ts에는 위의 줄들, child.ts에는\n` +
      `${child}\n  deno run -A parent.ts`,
  };
}

/**
 * Waits for work that must fail.
 *
 * @param work What must fail.
 * @param stage The stage; its language is that of the message.
 * @param korean The message in Korean.
 * @returns The error's code and message.
 * @throws {Error} When it succeeds.
 */
export async function refusalOf(
  work: Promise<unknown>,
  { language }: Pick<Stage, "language">,
  korean: string,
): Promise<{ code: string | undefined; message: string }> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = "code" in error ? String(error.code) : undefined;
    return { code, message: language === "ko" ? korean : error.message };
  }
  throw new Error("This should have been refused");
}
