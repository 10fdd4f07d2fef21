import { assertEquals } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
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

Deno.test("the replies of a batch count as owed while they are gathered, and once they are sent no more", () => {
  const reserved: number[] = [];
  const out = Object.assign(new ReplyList(), {
    reserve: (length: number) => void reserved.push(length),
    unreserve: (length: number) => void reserved.push(-length),
  });
  const batch = new BatchReplies([request("a"), request("b")], out);
  batch.push('{"id":1}');
  assertEquals(reserved, [9]);
  batch.push('{"id":22}');
  assertEquals(reserved, [9, 10, -19]);
});

Deno.test("a batch takes results up to a line, keeps room for the errors of the rest, and then refuses", () => {
  const out = new ReplyList();
  const batch = new BatchReplies([request("a"), request("b"), request("c")], out);
  const most = limits.maxLineBytes - 2 * limits.shortErrorBytes;
  assertEquals([batch.refusal("x".repeat(most)), batch.isRefusing], [undefined, false]);
  const refusal = batch.refusal("x".repeat(most + 1));
  assertEquals([refusal?.code, batch.isRefusing], ["resource_exhausted", true]);
});

Deno.test("a batch whose line does not fit after all is answered with one error", () => {
  const out = new ReplyList();
  const batch = new BatchReplies([request("a")], out);
  out.refused = new DariError("resource_exhausted", "too long");
  batch.push('{"id":1}');
  const [{ id, error }] = out.taken();
  assertEquals([id, error.message], [null, "too long"]);
});
