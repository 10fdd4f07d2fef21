/**
 * `deno task compile`: makes `dist/dari`, one file that runs on a machine without Deno. It reports
 * how the file was made, its size and how fast it starts.
 *
 *     deno task compile
 *     deno task compile --target aarch64-apple-darwin
 *     deno task compile --target all
 *     deno task compile --output /tmp/dari
 *
 * @module
 */

import { VERSION } from "../lib/base/version.ts";
import type { ProgramFile } from "../lib/packaging/bundled_files.ts";
import { compileWithDenort, targets } from "../lib/packaging/denort.ts";
import { bundleProgram } from "../lib/packaging/program.ts";
import { megabytes, writeSelfExtracting } from "../lib/packaging/self_extracting.ts";
import { readArguments } from "./arguments.ts";

const root = new URL("../", import.meta.url);

/**
 * Makes the executable of one system.
 *
 * @param files The program's files.
 * @param path The executable.
 * @param target The system; one of `deno compile`'s.
 * @param print Takes each line of the report.
 */
export async function compile(
  files: readonly ProgramFile[],
  path: string,
  target: string,
  print: (line: string) => void,
): Promise<void> {
  const start = performance.now();
  const outcome = await compileWithDenort(files, path, target);
  if (outcome.made) {
    const { size } = await Deno.stat(path);
    print(`${path}: ${megabytes(size)} by deno compile in ${seconds(start)}`);
    return;
  }
  if (target !== Deno.build.target) {
    throw new Error(`Cannot compile for ${target} on ${Deno.build.target}: ${outcome.reason}`);
  }
  print(`${outcome.reason}; making a self-extracting executable instead`);
  const packing = performance.now();
  const title = `dari ${VERSION}: Deno ${Deno.version.deno} and a program, unpacked when it starts`;
  const sizes = await writeSelfExtracting(path, { title, files });
  print(
    `${path}: ${megabytes(sizes.executable)} (Deno ${Deno.version.deno} ` +
      `${megabytes(sizes.runtime)}, program ${megabytes(sizes.program)}) in ${seconds(packing)}`,
  );
}

/** Starts it in an empty environment; only the first start unpacks. */
async function measureStarts(path: string, print: (line: string) => void): Promise<void> {
  const cache = await Deno.makeTempDir({ prefix: "dari-start-" });
  const executable = new Deno.Command(await Deno.realPath(path), {
    args: ["--version"],
    clearEnv: true,
    env: { PATH: "", TMPDIR: cache },
  });
  const task = new Deno.Command(Deno.execPath(), {
    args: ["task", "run", "--", "--version"],
    cwd: root,
  });
  try {
    const first = await timeOf(executable);
    let [later, fromSource] = [Infinity, Infinity];
    for (let round = 0; round < 5; round++) {
      later = Math.min(later, await timeOf(executable));
      fromSource = Math.min(fromSource, await timeOf(task));
    }
    print(
      `starts in ${first.toFixed(0)} ms at first, in ${later.toFixed(0)} ms from then on ` +
        `(deno task run -- --version: ${fromSource.toFixed(0)} ms)`,
    );
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

async function timeOf(command: Deno.Command): Promise<number> {
  const start = performance.now();
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`--version failed: ${new TextDecoder().decode(stderr)}`);
  return performance.now() - start;
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1_000).toFixed(1)} s`;
}

if (import.meta.main) {
  const { target = Deno.build.target, output = "dist/dari" } = readArguments(
    "Usage: deno task compile [--target TARGET|all] [--output dist/dari]\n" +
      `Targets: ${targets.join(", ")}`,
    { values: ["target", "output"] },
  );
  if (output.includes("/")) {
    await Deno.mkdir(output.slice(0, output.lastIndexOf("/")), { recursive: true });
  }
  try {
    const files = await bundleProgram(root);
    if (target === "all") {
      for (const target of targets) {
        await compile(files, `${output}-${target}`, target, console.log);
      }
    } else {
      await compile(files, output, target, console.log);
      if (target === Deno.build.target) await measureStarts(output, console.log);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
