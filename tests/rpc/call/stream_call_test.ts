import { assertEquals } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { streamCall, tellEnd } from "../../../lib/rpc/call/stream_call.ts";
import { ItemStream } from "../../../lib/rpc/stream/item_stream.ts";

function setUp(items = 0) {
  const told: string[] = [];
  const outcome = {
    succeeded: () => void told.push("succeeded"),
    failed: (error: unknown) => void told.push((error as DariError).code),
  };
  const stream = new ItemStream<unknown>({ items: 9, bytes: 9_999 });
  for (let n = 0; n < items; n++) stream.push(n, 1);
  return { told, outcome, stream };
}

Deno.test("tellEnd() counts a stream by its end, and by its items where its reader had enough", async () => {
  const ends: [items: number, code: DariError["code"] | undefined, told: string[]][] = [
    [0, undefined, ["succeeded"]],
    [2, undefined, ["succeeded"]],
    [0, "unavailable", ["unavailable"]],
    [2, "unavailable", ["unavailable"]],
    [0, "deadline_exceeded", ["deadline_exceeded"]],
    [2, "deadline_exceeded", ["succeeded"]],
    [0, "cancelled", ["cancelled"]],
    [2, "cancelled", ["succeeded"]],
    [2, "not_found", ["not_found"]],
  ];
  for (const [items, code, expected] of ends) {
    const { told, outcome, stream } = setUp(items);
    tellEnd(stream, outcome, code && new DariError(code, ""));
    assertEquals(told, expected, `${items} ${code}`);
  }
  for (const [items, expected] of [[0, 0], [1, 1]] as const) {
    const { told, outcome, stream } = setUp(items);
    await stream.return();
    tellEnd(stream, outcome);
    assertEquals(told.length, expected, `left with ${items} items`);
  }
});

Deno.test("the call of a stream tells how it ended, also where another one goes on with the stream", async () => {
  const gone = new TransportError("unavailable", "The connection was lost");
  for (const resumes of [true, false]) {
    const { told, outcome, stream } = setUp();
    const resumption = { resume: () => resumes };
    streamCall(stream, "count", undefined, {}, 0, resumption, outcome).reject(gone);
    assertEquals([told, stream.isEnded], [["unavailable"], !resumes]);
  }
  const { told, outcome, stream } = setUp();
  streamCall(stream, "count", undefined, {}, 0, undefined, outcome).resolve(7);
  assertEquals([told, (await stream.next()).value], [["succeeded"], 7]);
  const left = setUp();
  streamCall(left.stream, "count", undefined, {}, 0, undefined, left.outcome);
  await left.stream.return();
  assertEquals(left.told, []);
});
