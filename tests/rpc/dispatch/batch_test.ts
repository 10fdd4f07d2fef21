import { assertEquals } from "@std/assert";
import type { SingleMessage } from "../../../lib/protocol/message.ts";
import { BatchReplies } from "../../../lib/rpc/dispatch/batch.ts";
import { notification, ReplyList, request } from "../../support/dispatch.ts";
import { Wire } from "../../support/rpc_pair.ts";

Deno.test("BatchReplies waits for one reply for each request and each invalid element", () => {
  const invalid: SingleMessage = { kind: "invalid", id: null, code: "invalid_request", reason: "" };
  const out = new ReplyList();
  const batch = new BatchReplies([request("a"), notification("b"), invalid], out);
  batch.push('{"id":1}');
  assertEquals(out.length, 0);
  batch.push('{"id":null}');
  assertEquals(out.taken(), [[{ id: 1 }, { id: null }]]);
});

Deno.test("a batch is answered in one line once its last call has ended", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  await using wire = await Wire.open({ slow: () => promise, quick: () => "quick" });
  await wire.send([
    { jsonrpc: "2.0", id: 1, method: "slow" },
    { jsonrpc: "2.0", id: 2, method: "quick" },
    { jsonrpc: "2.0", method: "quick" },
  ]);
  assertEquals(await wire.settled(), []);
  resolve("slow");
  const replies: { id: number; result: string }[] = await wire.receive();
  assertEquals(replies.map(({ id, result }) => [id, result]), [[2, "quick"], [1, "slow"]]);
});
