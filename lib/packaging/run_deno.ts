/**
 * Deno's own tools, run as a child process.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";

/** How a tool of Deno runs. */
export interface RunOptions {
  /**
   * Where it runs.
   *
   * @default {the current directory}
   */
  readonly directory?: URL;
  /** Environment variables beside those of this program. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs the Deno binary that runs this program.
 *
 * @param args Its arguments.
 * @param purpose What it does, for the message: `read FILE`.
 * @param options Where it runs, and with what in its environment.
 * @returns Its standard output.
 * @throws {DariError} `failed_precondition` when it fails, with its first error line; the whole output is the cause.
 */
export async function runDeno(
  args: readonly string[],
  purpose: string,
  options: RunOptions = {},
): Promise<string> {
  const { directory, env = {} } = options;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    ...(directory === undefined ? {} : { cwd: directory }),
    stdin: "null",
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  const output = decoder.decode(stderr);
  const said = output.split("\n").filter((line) => /\S/.test(line));
  const reason = said.find((line) => line.startsWith("error:")) ?? said[0] ?? "it said nothing";
  throw new DariError(
    "failed_precondition",
    `Cannot ${purpose}: deno ${args[0]}: ${reason.replace(/^error: /, "")}`,
    { cause: output },
  );
}
