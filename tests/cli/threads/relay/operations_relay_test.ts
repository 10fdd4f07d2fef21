import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../../../lib/base/abort.ts";
import { DariError, RpcError } from "../../../../lib/base/errors.ts";
import { OperationsRelay } from "../../../../lib/cli/threads/relay/operations_relay.ts";
import { RelayEnd, type RelayPiece } from "../../../../lib/cli/threads/relay/relay_end.ts";
import { relayedMethods } from "../../../../lib/cli/threads/relay/relayed_methods.ts";
import { connect } from "../../../../lib/endpoint/connect.ts";
import type { Context } from "../../../../lib/rpc/method/context.ts";
import type { Methods } from "../../../../lib/rpc/method/method.ts";
import { startPair } from "../../../support/rpc_pair.ts";

/** A thread whose server passes calls on to methods of the main thread. */
async function startRelay(methods: Methods) {
  const relay = new OperationsRelay(methods);
  let posted = 0;
  const between = (to: (piece: RelayPiece) => void) => (piece: RelayPiece) => {
    posted++;
    const copy = structuredClone(piece); // as between threads
    queueMicrotask(() => to(copy));
  };
  const toThread = between((piece) => end.take(piece));
  const end = new RelayEnd(between((piece) => relay.heard(1, piece, toThread)));
  const main = await connect(end.connection, { lazy: true });
  const pair = await startPair({} as Methods, { operations: relayedMethods(relay.methods, main) });
  return {
    relay,
    client: pair.client,
    get posted() {
      return posted;
    },
    async [Symbol.asyncDispose]() {
      await pair[Symbol.asyncDispose]();
      await main.close();
      await relay[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a call that a thread passes on keeps its caller, its params and its types", async () => {
  await using thread = await startRelay({
    "rpc.who": {
      positions: ["at"],
      handler: (params: { at: Date }, { principal, peer, method }: Context) => ({
        at: params.at.getTime(),
        who: principal?.name,
        transport: peer.transport,
        method,
      }),
    },
  });
  const at = new Date(7);
  const answer = { at: 7, who: "local", transport: "memory", method: "rpc.who" };
  assertEquals(await thread.client.call("rpc.who", { at }), answer);
  assertEquals(await thread.client.call("rpc.who", [at]), answer);
});

Deno.test("errors of the main thread's method are the caller's, hidden ones stay hidden", async () => {
  await using thread = await startRelay({
    "rpc.known": () => {
      throw new DariError("not_found", "There is no such thing", { retryable: true });
    },
    "rpc.hidden": () => {
      throw new Error("a secret path");
    },
  });
  const known = await assertRejects(() => thread.client.call("rpc.known"), RpcError, "no such");
  assertEquals([known.code, known.retryable], ["not_found", true]);
  const hidden = await assertRejects(() => thread.client.call("rpc.hidden"), RpcError);
  assertEquals([hidden.code, hidden.message], ["internal", "Internal error"]);
});

Deno.test("a stream is passed on as far as its reader wants it, and ended where it stops", async () => {
  const ended = Promise.withResolvers<number>();
  await using thread = await startRelay({
    "rpc.watch": async function* ({ from }: { from: number }) {
      let n = from;
      try {
        for (;; n++) yield n;
      } finally {
        ended.resolve(n);
      }
    },
  });
  const read: unknown[] = [];
  for await (const item of thread.client.stream("rpc.watch", { from: 5 })) {
    read.push(item);
    if (read.length === 3) break;
  }
  assertEquals(read, [5, 6, 7]);
  assertEquals(await deadline(ended.promise, 5_000) < 10_000, true);
});

Deno.test("a call whose thread dies is cancelled in the main thread", async () => {
  const cancelled = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  await using thread = await startRelay({
    "rpc.wait": (_: unknown, { signal }: Context) => {
      begun.resolve();
      signal.addEventListener("abort", () => cancelled.resolve());
      return cancelled.promise;
    },
  });
  const call = thread.client.call("rpc.wait").catch(() => "failed");
  await begun.promise;
  thread.relay.ended(1);
  await deadline(cancelled.promise, 5_000);
  assertEquals(await Promise.race([call, Promise.resolve("pending")]), "pending");
  thread.relay.ended(2); // one that never called
});

Deno.test("a call that is cancelled is cancelled in the main thread", async () => {
  const cancelled = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  await using thread = await startRelay({
    "rpc.wait": (_: unknown, { signal }: Context) => {
      begun.resolve();
      signal.addEventListener("abort", () => cancelled.resolve());
      return cancelled.promise;
    },
  });
  const stop = new AbortController();
  const call = thread.client.call("rpc.wait", undefined, { signal: stop.signal });
  await begun.promise;
  stop.abort();
  await assertRejects(() => call);
  await deadline(cancelled.promise, 5_000);
});
