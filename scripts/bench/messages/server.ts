/**
 * A server with queues in a process of its own.
 *
 * @module
 */

import { serve } from "../../../lib/endpoint/serve.ts";
import { EmbeddedQueues } from "../../../lib/messages/embedded/embedded_queues.ts";
import { openSqliteStore } from "../../../lib/store/sqlite.ts";
import { denoProgram } from "../contestants/ours.ts";
import { LineProcess } from "../process.ts";

/** A server that runs. */
export interface RunningServer extends AsyncDisposable {
  readonly address: string;
  readonly pid: number;
}

/**
 * Starts a server on a Unix socket.
 *
 * @param directory Where its store and its socket are.
 */
export async function startServer(directory: string): Promise<RunningServer> {
  const process = new LineProcess(denoProgram("messages/server.ts", directory));
  const address = await process.readAddress();
  return {
    address,
    pid: process.pid,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

if (import.meta.main) {
  const [directory] = Deno.args;
  const store = await openSqliteStore(`${directory}/dari.db`);
  const queues = new EmbeddedQueues(store);
  await serve({ listen: `unix:${directory}/dari.sock`, methods: {}, queues });
  console.log(JSON.stringify({ address: `unix:${directory}/dari.sock` }));
}
