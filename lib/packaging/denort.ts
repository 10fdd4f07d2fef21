/**
 * The form of executable that `deno compile` makes. It needs denort, a second binary that Deno
 * fetches from its own site, or finds where DENORT_BIN says.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import type { ProgramFile } from "./bundled_files.ts";
import { denortFault } from "./denort_binary.ts";
import { demoPermissions, permissions } from "./permissions.ts";
import { LISTING } from "./program.ts";
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
 * Makes an executable of dari with `deno compile`, of the same files as every other form of it. It
 * does not compile services: it carries none of Deno's tools.
 *
 * @param program The program's files, those of `bundleProgram()`.
 * @param path The executable; a file of that name is replaced.
 * @param target One of {@linkcode targets}.
 * @param denort The binary to use in place of the one that Deno fetches. @default {$DENORT_BIN}
 * @returns Whether the executable was made; without denort it is not.
 * @throws {DariError} `failed_precondition` when compiling fails for another reason.
 */
export async function compileWithDenort(
  program: readonly ProgramFile[],
  path: string,
  target: string,
  denort: string | undefined = Deno.env.get("DENORT_BIN"),
): Promise<DenortOutcome> {
  const fault = denort === undefined ? undefined : await denortFault(denort, target);
  if (fault !== undefined) return { made: false, reason: fault };
  // deno compile refuses to replace a file that it has not made itself.
  const made = `${path}.${crypto.randomUUID()}${target.includes("windows") ? ".exe" : ""}`;
  const stage = await Deno.makeTempDir({ prefix: "dari-compile-" });
  try {
    const files = program.filter(({ name }) => name !== LISTING);
    for (const { name, bytes } of files) await Deno.writeFile(`${stage}/${name}`, bytes);
    await runDeno(
      [
        "compile",
        "--unstable-net", // for the ports that the threads of a server share
        ...["--quiet", "--no-check", "--no-lock", "--no-prompt", "--app-name=dari"],
        `--config=${stage}/deno.json`,
        `--target=${target}`,
        // Each by itself: those that only an import() of a computed name loads are modules as well.
        ...files.map(({ name }) => `--include=${stage}/${name}`),
        // One set of flags for all commands.
        ...permissions,
        ...demoPermissions,
        `--output=${made}`,
        `${stage}/cli.js`,
      ],
      "compile",
      { env: denort === undefined ? {} : { DENORT_BIN: denort } },
    );
  } catch (error) {
    if (!(error instanceof DariError) || !/denort/.test(String(error.cause))) throw error;
    return { made: false, reason: "denort cannot be fetched" };
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
  if (target === Deno.build.target && !await saysItsVersion(made)) {
    await Deno.remove(made);
    return { made: false, reason: "what deno compile made does not start" };
  }
  await Deno.rename(made, path);
  return { made: true };
}

async function saysItsVersion(path: string): Promise<boolean> {
  const { stdout } = await new Deno.Command(path, { args: ["--version"], stdin: "null" }).output();
  return new TextDecoder().decode(stdout).startsWith("dari ");
}
