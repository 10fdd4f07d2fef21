/**
 * `deno task std CHECKOUT`: type-checks and tests dari on upstream's `@std` packages instead of the
 * local forms of lib/std. CHECKOUT is a clone of https://github.com/denoland/std. Whoever installs
 * dari where JSR is reached runs on that code, so both must be the same program.
 *
 * The tree is copied first: `links` of deno.json decides which form is used, and a configuration
 * resolves its exports relative to itself. So are upstream's packages: the configuration of their
 * checkout brings the tools of its maintainers, which the lock file would name as dari's own.
 *
 * @module
 */

import { misuse, readArguments } from "./arguments.ts";
import { FLAGS_FOR_TESTS } from "./module_graph.ts";

/** The packages that dari imports, and what they import of each other. */
const PACKAGES = ["assert", "cli", "crypto", "encoding"];
const NEEDED_BY_THEM = ["internal", "text", "testing"];

const LINKED = [...PACKAGES, ...NEEDED_BY_THEM];

/**
 * The configuration that puts upstream's packages in the place of the local forms.
 *
 * @param config The text of deno.json.
 * @param upstream The absolute path of the folder with upstream's packages.
 * @returns The text of the new deno.json.
 */
export function withUpstream(config: string, upstream: string): string {
  const links = LINKED.map((name) => `${upstream}/${name}`);
  return JSON.stringify({ ...JSON.parse(config), links }, undefined, 2);
}

/**
 * Copies the packages that dari needs out of a checkout, without its configuration.
 *
 * @param checkout The path of upstream's checkout.
 * @param to The folder that gets a workspace with these packages; it must not exist.
 */
export async function copyUpstream(checkout: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  const workspace = LINKED.map((name) => `./${name}`);
  await Deno.writeTextFile(`${to}/deno.json`, JSON.stringify({ workspace }));
  for (const name of LINKED) await copyFolder(`${checkout}/${name}`, `${to}/${name}`);
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/**
 * Finds what is missing in a checkout.
 *
 * @param checkout The path of upstream's checkout.
 * @returns The first package that is not there, or `undefined`.
 */
export async function findMissing(checkout: string): Promise<string | undefined> {
  for (const name of LINKED) {
    const isThere = await Deno.stat(`${checkout}/${name}/deno.json`).then(() => true, () => false);
    if (!isThere) return `${checkout}/${name}/deno.json`;
  }
  return undefined;
}

async function run(command: string, args: readonly string[], cwd: string): Promise<boolean> {
  const { success } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
  }).spawn().status;
  return success;
}

/** Copies the tracked files and those that will be. */
async function copyTree(to: string): Promise<void> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
  }).output();
  for (const path of new TextDecoder().decode(stdout).split("\0")) {
    const directory = path.slice(0, path.lastIndexOf("/") + 1);
    if (directory !== "") await Deno.mkdir(`${to}/${directory}`, { recursive: true });
    // A file that is deleted and not committed yet is listed still.
    if (path !== "") await Deno.copyFile(path, `${to}/${path}`).catch(() => {});
  }
}

async function main(): Promise<number> {
  const usage = "Usage: deno task std CHECKOUT [lib/ROOM|tests/ROOM]...";
  const { words: [given, ...rooms] } = readArguments(usage, { words: Infinity });
  if (given === undefined) {
    console.log("skipped: name a checkout of https://github.com/denoland/std to test on it");
    return 0;
  }
  const checkout = await Deno.realPath(given).catch(() => given);
  const missing = await findMissing(checkout);
  if (missing !== undefined) {
    return misuse(`"${given}" is no checkout of denoland/std: there is no ${missing}`);
  }
  const directory = await Deno.makeTempDir({ prefix: "dari_std_" });
  const [tree, upstream] = [`${directory}/dari`, `${directory}/std`];
  try {
    await copyUpstream(checkout, upstream);
    await Deno.mkdir(tree);
    await copyTree(tree);
    const config = await Deno.readTextFile("deno.json");
    await Deno.writeTextFile(`${tree}/deno.json`, withUpstream(config, upstream));
    const deno = Deno.execPath();
    const checks = await run(deno, [
      "check",
      ...FLAGS_FOR_TESTS,
      "cli.ts",
      "mod.ts",
      "lib",
      "tests",
      "scripts",
    ], tree);
    const passes = await run(deno, ["task", "test", ...rooms], tree);
    return checks && passes ? 0 : 1;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main());
