import { assertEquals } from "@std/assert";
import { RestBytes } from "../../../lib/base/bytes/rest_bytes.ts";

Deno.test("RestBytes gives what it keeps in as many parts as there is room for", () => {
  const rest = new RestBytes();
  const taken: number[][] = [];
  rest.keep(Uint8Array.of(1, 2, 3, 4, 5));
  for (const room of [0, 2, 2, 2, 2]) {
    const into = new Uint8Array(room);
    const length = rest.take(into);
    taken.push([...into.subarray(0, length)]);
  }
  assertEquals(taken, [[], [1, 2], [3, 4], [5], []]);
  assertEquals(rest.isEmpty, true);
});

Deno.test("RestBytes forgets what it is told to forget, and what others take the place of", () => {
  const rest = new RestBytes();
  assertEquals(rest.isEmpty, true);
  rest.keep(Uint8Array.of(1, 2));
  rest.keep(Uint8Array.of(3));
  const into = new Uint8Array(3);
  assertEquals([rest.isEmpty, rest.take(into), into[0]], [false, 1, 3]);
  rest.keep(Uint8Array.of(4));
  rest.drop();
  assertEquals([rest.isEmpty, rest.take(into)], [true, 0]);
});
