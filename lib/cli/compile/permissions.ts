/**
 * What a program of dari may do, wherever it runs: the flags of the tasks in deno.json, frozen into
 * an executable when it is made.
 *
 * @module
 */

/** The environment variables that commands look at. */
const ENVIRONMENT = ["DARI_DATA", "NO_COLOR", "LANG", "LC_ALL"];

/** What every command may do. */
export const permissions: readonly string[] = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  `--allow-env=${ENVIRONMENT.join(",")}`,
];

/** What single commands may do beside that: start processes, and map memory by name. */
export const morePermissions: Readonly<Record<string, readonly string[]>> = {
  demo: ["--allow-run", "--allow-ffi"],
  compile: ["--allow-run"],
};
