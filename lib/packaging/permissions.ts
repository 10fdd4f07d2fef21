/**
 * What a program of dari may do, wherever it runs: the flags of the tasks in deno.json, frozen into
 * an executable when it is made.
 *
 * @module
 */

/** What every command may do. */
export const permissions: readonly string[] = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env=DARI_DATA,NO_COLOR",
];

/** The tour looks at the locale, and maps memory by name. */
export const demoPermissions: readonly string[] = ["--allow-env=LANG,LC_ALL", "--allow-ffi"];

/** What single commands may do beside what every command may. */
export const morePermissions: Readonly<Record<string, readonly string[]>> = {
  demo: demoPermissions,
  compile: ["--allow-run"], // Deno's own tools
};
