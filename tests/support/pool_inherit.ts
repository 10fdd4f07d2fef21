/** Methods that pools run in tests: their clients tell what they inherit. */

import { z } from "zod";
import { DeclaredError } from "../../lib/base/declared_error.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import type { WorkerContext } from "../../lib/ipc/mod.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import { method } from "../../lib/rpc/method/method.ts";
import { createPeerGate } from "../../lib/rpc/server/peer_gate.ts";
import { listenMemory } from "../../lib/transport/memory.ts";

/** A server in this thread that tells what came with a call, and lets anyone name others. */
async function startInner() {
  const memory = listenMemory();
  const gate = {
    ...createPeerGate(),
    delegate: (peer: Context["principal"], chain: readonly string[]) => ({ ...peer!, chain }),
  };
  const seen = (_: unknown, { meta }: Context) => meta;
  await serve({ listen: memory, methods: { seen }, gate });
  return await connect<{ seen: typeof seen }>(memory, { delegate: true });
}

let inner: ReturnType<typeof startInner> | undefined;

// deno-lint-ignore no-explicit-any
function inWorker(handler: (params: any, context: WorkerContext) => unknown) {
  return method({ worker: true, handler });
}

/** The methods. */
export const methods = {
  async seen() {
    const client = await (inner ??= startInner());
    return await client.call("seen");
  },
  inWorker: inWorker(async () => await (await (inner ??= startInner())).call("seen")),
  buy: method({
    worker: true,
    errors: { out_of_stock: z.object({ left: z.number() }) },
    handler({ name }: { name: string }) {
      throw new DeclaredError(name, { left: 2 }, { message: "None is left" });
    },
  }),
};
