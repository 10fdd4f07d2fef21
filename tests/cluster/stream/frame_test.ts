import { assertEquals } from "@std/assert";
import {
  creditWithWindow,
  HEAD,
  kinds,
  numbered,
  numberOf,
  windowOf,
  worded,
  wordsOf,
} from "../../../lib/cluster/stream/frame.ts";

Deno.test("numbered() writes kind, number and bytes, and numberOf() reads the number", () => {
  for (const number of [0, 1, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff]) {
    const message = numbered(kinds.data, number, new Uint8Array([7, 8]));
    assertEquals(message[0], kinds.data);
    assertEquals(numberOf(message), number);
    assertEquals(message.subarray(HEAD), new Uint8Array([7, 8]));
  }
  assertEquals(numbered(kinds.end, 3).length, HEAD);
});

Deno.test("numberOf() gives nothing for a message that is too short", () => {
  assertEquals(numberOf(new Uint8Array([kinds.data, 0, 0, 0])), undefined);
});

Deno.test("creditWithWindow() writes both numbers, and windowOf() reads the second one", () => {
  const message = creditWithWindow(0x01020304, 0xfffffffe);
  assertEquals(message, new Uint8Array([kinds.credit, 1, 2, 3, 4, 255, 255, 255, 254]));
  assertEquals([numberOf(message), windowOf(message)], [0x01020304, 0xfffffffe]);
  assertEquals(windowOf(new Uint8Array([0, ...message]).subarray(1)), 0xfffffffe);
  assertEquals(windowOf(message.subarray(0, HEAD + 3)), undefined);
});

Deno.test("worded() and wordsOf() carry text", () => {
  assertEquals(wordsOf(worded(kinds.cut, "다리")), "다리");
  assertEquals(wordsOf(worded(kinds.probe)), "");
  assertEquals(worded(kinds.probe), new Uint8Array([kinds.probe]));
});

Deno.test("the numbers of the kinds are those of docs/wire.md", () => {
  const expected = { open: 0, opened: 1, data: 2, credit: 3, end: 4, cut: 5, probe: 6, full: 7 };
  assertEquals<Record<string, number>>(kinds, expected);
});
