/**
 * Every command, loaded when it is called: `dari --version` loads none of them.
 *
 * @module
 */

import type { CommandTable } from "./main.ts";

/** The commands by name. */
export const commands: CommandTable = {
  "serve": {
    summary: "Serve methods over TLS and a Unix socket",
    load: () => import("./serve.ts"),
  },
  "call": { summary: "Call a method and print its result", load: () => import("./call.ts") },
  "discover": { summary: "List the methods of a server", load: () => import("./discover.ts") },
  "bench": { summary: "Measure calls on this machine", load: () => import("./bench.ts") },
  "completions": {
    summary: "Print a completion script for bash, zsh or fish",
    async load() {
      const { completionsOf } = await import("./completions.ts");
      return { command: completionsOf(Object.keys(commands)) };
    },
  },
};
