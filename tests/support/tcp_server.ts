/** A program that serves one method over TCP, prints its address, and ends with its input. */

import { serve } from "../../lib/endpoint/serve.ts";

/** What it serves. */
export const methods = { who: { public: true, handler: () => "the other process" } };

/** Its command line. */
export function tcpServerCommand(): { command: string; args: string[] } {
  const { pathname } = new URL(import.meta.url);
  return { command: Deno.execPath(), args: ["run", "--no-check", "--allow-all", pathname] };
}

if (import.meta.main) {
  await using server = await serve({ listen: "tcp://127.0.0.1:0", methods });
  console.log(server.addresses[0]);
  await Deno.stdin.read(new Uint8Array(1));
}
