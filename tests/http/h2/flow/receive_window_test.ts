import { assertEquals } from "@std/assert";
import { ReceiveWindow } from "../../../../lib/http/h2/flow/receive_window.ts";

Deno.test("a window takes its size and not a byte more, until some was taken out of it", () => {
  const window = new ReceiveWindow(100);
  assertEquals(window.receive(100), true);
  assertEquals(window.receive(1), false);
});

Deno.test("the client is told once half of the window was taken", () => {
  const window = new ReceiveWindow(100);
  window.receive(100);
  assertEquals([window.take(30), window.take(19), window.take(1)], [0, 0, 50]);
  assertEquals([window.receive(50), window.receive(1)], [true, false]);
});
