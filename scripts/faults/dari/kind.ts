/**
 * dari as a contestant.
 *
 * @module
 */

import type { ServerKind } from "../servers.ts";

const CLI = new URL("../../../cli.ts", import.meta.url).pathname;
const METHODS = new URL("methods.ts", import.meta.url).pathname;

/** `dari serve`, as its users start it. */
export const dariServers: ServerKind = {
  program: (directory, port) => ({
    command: Deno.execPath(),
    args: [
      ...["run", "--quiet", "--no-check", "--allow-all", CLI, "serve", METHODS, "--json"],
      ...["--public", "put", "--public", "add", "--log-level", "error"],
      ...["--data", `${directory}/data`, "--listen", `tcp://127.0.0.1:${port}`],
    ],
    cwd: directory,
  }),
};
