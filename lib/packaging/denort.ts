/**
 * The form of executable that `deno compile` makes. It needs denort, a second binary that Deno
 * fetches from its own site, or finds where DENORT_BIN says.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { demoPermissions, permissions } from "./permissions.ts";
import { findWorkers } from "./program.ts";
import { runDeno } from "./run_deno.ts";

/** The systems that `deno compile` makes executables for. */
export const targets = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
  "aarch64-pc-windows-msvc",
] as const;

/** The outcome of {@linkcode compileWithDenort}: the executable was made, or the reason why not. */
export type DenortOutcome = { readonly made: true } | { readonly made: false; reason: string };

/**
 * Makes an executable of dari with `deno compile`.
 *
 * @param root The directory of dari's source.
 * @param path The executable; a file of that name is replaced.
 * @param target One of {@linkcode targets}.
 * @returns Whether the executable was made; without denort it is not.
 * @throws {DariError} `failed_precondition` when compiling fails for another reason.
 */
export async function compileWithDenort(
  root: URL,
  path: string,
  target: string,
): Promise<DenortOutcome> {
  const workers = await findWorkers(root);
  // deno compile refuses to replace a file that it has not made itself.
  const made = `${path}.${crypto.randomUUID()}${target.includes("windows") ? ".exe" : ""}`;
  try {
    await runDeno([
      "compile",
      "--quiet",
      "--no-prompt",
      "--exclude-unused-npm",
      `--config=${new URL("deno.json", root).pathname}`,
      `--target=${target}`,
      ...workers.map(({ path }) => `--include=${new URL(path, root).pathname}`),
      // One set of flags for all commands. dari compile needs Deno's tools, which are not in it.
      ...permissions,
      ...demoPermissions,
      `--output=${made}`,
      new URL("cli.ts", root).pathname,
    ], "compile");
  } catch (error) {
    if (!(error instanceof DariError) || !/denort/.test(String(error.cause))) throw error;
    return { made: false, reason: "denort cannot be fetched" };
  }
  if (target === Deno.build.target && !await saysItsVersion(made)) {
    await Deno.remove(made);
    return { made: false, reason: "the file in DENORT_BIN is not denort" };
  }
  await Deno.rename(made, path);
  return { made: true };
}

async function saysItsVersion(path: string): Promise<boolean> {
  const { stdout } = await new Deno.Command(path, { args: ["--version"], stdin: "null" }).output();
  return new TextDecoder().decode(stdout).startsWith("dari ");
}
