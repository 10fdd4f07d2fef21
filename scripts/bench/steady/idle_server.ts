/**
 * A server that lets many connections be idle.
 *
 * Argument: how many.
 *
 * @module
 */

import { serve } from "../../../mod.ts";

const OTHERS = 100;
const [idle = "0"] = Deno.args;
const most = Number(idle) + OTHERS;

await using server = await serve({
  listen: "tcp://127.0.0.1:0",
  methods: { add: ({ a, b }: { a: number; b: number }) => a + b },
  public: ["add"],
  maxConnections: Math.ceil(most / 0.9), // a part is kept from one peer
  maxConnectionsPerPeer: most,
  maxOpenFiles: Infinity, // the limit of this process is what the benchmark was started with
  observer: [],
});
console.log(JSON.stringify({ address: server.addresses[0] }));
await new Promise(() => {}); // until the benchmark ends this process
