/**
 * The command line.
 *
 * @module
 */

import { main } from "./lib/cli/main.ts";
import { commands } from "./lib/cli/table.ts";
import { createTerminalIo } from "./lib/cli/app/terminal.ts";

if (import.meta.main) Deno.exit(await main(Deno.args, commands, createTerminalIo()));
