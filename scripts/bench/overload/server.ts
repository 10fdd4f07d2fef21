/**
 * A server with a method that keeps the thread busy.
 *
 * Arguments: how long `work` takes in milliseconds, and the target delay in milliseconds.
 *
 * @module
 */

import { serve } from "../../../mod.ts";

const [workMs = "5", targetDelayMs = "5"] = Deno.args;

/** Rounds of the loop in `work` for one millisecond, measured while the machine does nothing else. */
function roundsPerMs(): number {
  let best = 0;
  for (let tries = 0; tries < 5; tries++) {
    const start = performance.now();
    burn(5e6);
    best = Math.max(best, 5e6 / (performance.now() - start));
  }
  return best;
}

let sink = 0;

function burn(rounds: number): void {
  for (let at = 0; at < rounds; at++) sink = (sink * 31 + at) | 0;
}

const rounds = Number(workMs) * roundsPerMs();
await using server = await serve({
  listen: "tcp://127.0.0.1:0",
  targetDelayMs: Number(targetDelayMs),
  methods: {
    work: { public: true, handler: () => burn(rounds) },
    add: { public: true, handler: ({ a, b }: { a: number; b: number }) => a + b },
  },
});
console.log(JSON.stringify({ address: server.addresses[0] }));
await new Promise(() => {}); // until the benchmark ends this process
