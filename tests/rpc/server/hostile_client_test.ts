import { assertEquals } from "@std/assert";
import { deadline, delay } from "../../../lib/base/abort.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";
import { clientScripts } from "../../support/hostile_client.ts";
import { memoryHostilePeer, rawHostilePeer } from "../../support/hostile_peer.ts";
import { RawPeer } from "../../support/raw_peer.ts";

const PATIENCE_MS = 20_000;

/** A server and what runs in it. */
async function startVictim(maxCallsInFlight: number) {
  const running = new Set<symbol>();
  const methods = {
    echo: (params: unknown) => params,
    async wait(_: unknown, { signal }: Context) {
      const run = Symbol();
      running.add(run);
      try {
        await new Promise((_, reject) => {
          if (signal.aborted) reject(signal.reason);
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      } finally {
        running.delete(run);
      }
    },
    async *count() {
      const run = Symbol();
      running.add(run);
      try {
        for (let n = 1;; n++) yield await Promise.resolve(n);
      } finally {
        running.delete(run);
      }
    },
  };
  const server = await serve({
    listen: "tcp://127.0.0.1:0",
    methods,
    public: Object.keys(methods),
    maxCallsInFlight,
    halfOpenProbeMs: 10,
  });
  const address = server.addresses[0] ?? "";
  return { server, address, running, bystander: await connect(address) };
}

for (const [what, script] of Object.entries(clientScripts)) {
  for (const transport of ["tcp", "memory"]) {
    if (script.isRaw && transport !== "tcp") continue;
    Deno.test(`a client that ${what} disturbs nobody and leaves nothing behind (${transport})`, async () => {
      const { server, address, running, bystander } = await startVictim(script.maxCalls ?? 60);
      const open = async () => {
        if (transport === "tcp") return rawHostilePeer(await RawPeer.connect(address));
        const [near, far] = memoryPair();
        server.attach(far);
        return memoryHostilePeer(near);
      };
      try {
        const peer = await open();
        const findings = await deadline(script.play(peer), PATIENCE_MS) ?? [];
        for (const [expected, found] of findings) assertEquals(found, expected);
        assertEquals(await deadline(bystander.call("echo", [7]), PATIENCE_MS), [7]);
        peer.leave();
        // The bystander's connection is left, and nothing runs for the others any more.
        const settled = () => server.connections === 1 && running.size === 0;
        const patience = AbortSignal.timeout(PATIENCE_MS);
        while (!settled()) await delay(1, { signal: patience });
      } finally {
        await bystander.close();
        await deadline(server.close(0), PATIENCE_MS);
      }
    });
  }
}
