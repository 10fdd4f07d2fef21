// Moves a data directory's ledger into its store, and is killed at a moment of it that is given.

import { openSqliteStore } from "../../lib/store/mod.ts";
import { interruptedMove } from "./interrupted_move.ts";

const [directory = "", last = ""] = Deno.args;
await using store = await openSqliteStore(`${directory}/dari.db`);
await interruptedMove(store, directory, (moment) => {
  if (moment === Number(last)) Deno.kill(Deno.pid, "SIGKILL");
}).refresh();
