/**
 * The other end of a Unix connection that moves into memory, in a process of its own.
 *
 * Arguments: `serve` or `call`, and the path of the socket.
 */

import { limits } from "../../lib/base/limits.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { serve } from "../../lib/endpoint/serve.ts";

const [role, path = ""] = Deno.args;

/** What both ends serve. */
export const methods = {
  add: ({ a, b }: { a: number; b: number }) => a + b,
  echo: ({ value }: { value: Uint8Array }) => value,
  wait: () => new Promise<never>(() => {}),
};

if (import.meta.main && role === "serve") {
  const names = Object.keys(methods);
  const server = await serve({ listen: `unix:${path}`, methods, public: names, data: path });
  console.log(server.addresses[0]);
}

if (import.meta.main && role === "call") {
  const client = await connect<typeof methods>(`unix:${path}`);
  const value = new Uint8Array(4 * limits.minMemoryWriteBytes); // it moves also where no core is free
  for (let calls = 1;; calls++) {
    if (calls > 10) await client.call("echo", { value });
    if (await client.call("add", { a: calls, b: 1 }) !== calls + 1) throw new Error("a wrong sum");
    if (Math.log10(calls) % 1 === 0) console.log(calls);
  }
}
