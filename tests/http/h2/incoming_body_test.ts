import { assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { HttpFault } from "../../../lib/http/engine/http_fault.ts";
import { IncomingBody } from "../../../lib/http/h2/incoming_body.ts";

function start() {
  const taken: number[] = [];
  return { taken, body: new IncomingBody((bytes) => void taken.push(bytes)) };
}

Deno.test("bytes() gives what came before and after it was asked for", async () => {
  const { body, taken } = start();
  body.push(new Uint8Array([1, 2]));
  const whole = body.bytes(5);
  body.push(new Uint8Array([3, 4, 5]));
  body.end();
  assertEquals([...await whole], [1, 2, 3, 4, 5]);
  assertEquals(taken, [2, 3]);
});

Deno.test("bytes() takes as many as it may, and answers one more with 413", async () => {
  const { body, taken } = start();
  const whole = assertRejects(() => body.bytes(3), HttpFault, "more than 3 bytes");
  body.push(new Uint8Array(4));
  body.push(new Uint8Array(9));
  body.end();
  assertEquals((await whole).status, 413);
  assertEquals(taken.reduce((sum, bytes) => sum + bytes), 13); // the client may go on
  const { body: fitting } = start();
  fitting.push(new Uint8Array(3));
  fitting.end();
  assertEquals((await fitting.bytes(3)).length, 3);
});

Deno.test("read() gives pieces as they come, and the client may send more for each", async () => {
  const { body, taken } = start();
  const first = body.read();
  body.push(new Uint8Array([1]));
  assertEquals([...(await first)!], [1]);
  body.push(new Uint8Array([2]));
  body.end();
  assertEquals(taken, [1]);
  assertEquals([...(await body.read())!], [2]);
  assertEquals(await body.read(), null);
});

Deno.test("pieces of up to http2ChunkBytes are joined while they wait", async () => {
  const { body } = start();
  for (let n = 0; n < limits.http2ChunkBytes; n++) body.push(new Uint8Array([n]));
  body.push(new Uint8Array([7]));
  assertEquals((await body.read())!.length, limits.http2ChunkBytes);
  assertEquals([...(await body.read())!], [7]);
});

Deno.test("what nobody reads is dropped, counted, and never read as a whole body", async () => {
  const { body, taken } = start();
  body.push(new Uint8Array(3));
  body.end();
  body.drop();
  assertEquals([body.droppedBytes, taken], [3, [3]]);
  await assertRejects(() => body.bytes(10), HttpFault);
  await assertRejects(() => body.read(), HttpFault);
});

Deno.test("a body that fails says why to whoever reads it, now or later", async () => {
  const { body } = start();
  const reading = assertRejects(() => body.read(), Error, "gone");
  body.fail(new Error("gone"));
  await reading;
  await assertRejects(() => body.bytes(10), Error, "gone");
});
