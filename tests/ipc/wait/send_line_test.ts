import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { turn } from "../../../lib/base/turn.ts";
import { SendLine } from "../../../lib/ipc/wait/send_line.ts";

/** A line whose items are sent when `next` is called. */
function startLine() {
  const line = new SendLine<string>("A test");
  const sent: string[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const send = (item: string, bounds = {}) =>
    line.send(item, async (item, isSent) => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      if (!isSent()) sent.push(item);
    }, bounds);
  const next = async () => {
    await turn();
    gates.shift()?.resolve();
    await turn();
  };
  return { line, sent, send, next };
}

Deno.test("items are sent one after the other, in the order of the calls", async () => {
  const { line, sent, send, next } = startLine();
  const all = Promise.all(["a", "b", "c"].map((item) => send(item)));
  assertEquals(line.isEmpty, false);
  for (const expected of [["a"], ["a", "b"], ["a", "b", "c"]]) {
    await next();
    assertEquals(sent, expected);
  }
  await all;
  assertEquals(line.isEmpty, true);
});

Deno.test("an item that is given up leaves the line, and the others keep their order", async () => {
  const { line, sent, send, next } = startLine();
  const controller = new AbortController();
  const first = send("a");
  const late = send("b", { timeoutMs: 1 });
  const aborted = send("c", { signal: controller.signal });
  const last = send("d");
  const error = await assertRejects(() => late, DariError, "A test did not happen within 1 ms");
  assertEquals(error.code, "deadline_exceeded");
  controller.abort(new Error("enough"));
  await assertRejects(() => aborted, Error, "enough");
  await turn();
  assertEquals(sent, []); // "d" still waits for "a"
  await next();
  await next();
  await Promise.all([first, last]);
  assertEquals([sent, line.isEmpty], [["a", "d"], true]);
});

Deno.test("an item that cannot be sent does not stop those behind it", async () => {
  const { line, sent, send, next } = startLine();
  const failing = line.send("a", () => Promise.reject(new Error("no")), {});
  const last = send("b");
  await assertRejects(() => failing, Error, "no");
  await next();
  await last;
  assertEquals(sent, ["b"]);
});

Deno.test("sendAllSync() sends what waits once, and leaves the rest where it throws", async () => {
  const { line, sent, send, next } = startLine();
  const all = Promise.all(["a", "b", "c"].map((item) => send(item)));
  await turn();
  const refuse = (item: string) => {
    if (item === "b") throw new Error("no");
    sent.push(item);
  };
  assertThrows(() => line.sendAllSync(refuse), Error, "no");
  assertEquals([sent, line.isEmpty], [["a"], false]);
  line.sendAllSync((item) => sent.push(item));
  assertEquals([sent, line.isEmpty], [["a", "b", "c"], true]);
  await next(); // "a" was being sent; "b" and "c" never begin
  await all;
  assertEquals(sent, ["a", "b", "c"]);
});
