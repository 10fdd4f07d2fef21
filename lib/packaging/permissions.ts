/**
 * The permissions of dari: the flags of the tasks in deno.json, which an executable carries with it.
 *
 * @module
 */

/** The permissions of every command. */
export const permissions: readonly string[] = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env=DARI_DATA,DARI_NAME,DARI_SERVICE,NO_COLOR,HOME,XDG_CONFIG_HOME,LANG,LC_ALL,OTEL_*",
  "--allow-sys=hostname,networkInterfaces,statfs", // statfs for dari doctor
];

/** The tour (`dari demo`) maps shared memory. */
export const demoPermissions: readonly string[] = ["--allow-ffi"];

/** Further permissions of single commands. */
export const morePermissions: Readonly<Record<string, readonly string[]>> = {
  demo: demoPermissions,
  compile: ["--allow-run"], // to run the tools of Deno
  trust: ["--allow-run"], // for --install: the tools of the system's and the browsers' stores
};
