import { assertEquals, assertThrows } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import { HpackDecoder, HpackError } from "../../../../lib/http/h2/hpack/decoder.ts";
import { encodeHeader } from "../../../../lib/http/h2/hpack/encoder.ts";

const BOUNDS = { maxTableBytes: 4_096, maxListBytes: 16_384, maxHeaders: 100 };

function lines(decoder: HpackDecoder, hex: string): string[] {
  return decoder.decode(decodeHex(hex)).headers.map(([name, value]) => `${name}: ${value}`);
}

const FIRST = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
const THIRD = [
  ":method: GET",
  ":scheme: https",
  ":path: /index.html",
  ":authority: www.example.com",
  "custom-key: custom-value",
];

Deno.test("HpackDecoder reads the requests of RFC 7541, appendices C.3 and C.4", () => {
  const requests = {
    plain: [
      "828684410f7777772e6578616d706c652e636f6d",
      "828684be58086e6f2d6361636865",
      "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    ],
    huffman: [
      "828684418cf1e3c2e5f23a6ba0ab90f4ff",
      "828684be5886a8eb10649cbf",
      "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
    ],
  };
  for (const [first, second, third] of Object.values(requests)) {
    const decoder = new HpackDecoder(BOUNDS);
    assertEquals(lines(decoder, first!), FIRST);
    assertEquals(lines(decoder, second!), [...FIRST, "cache-control: no-cache"]);
    assertEquals(lines(decoder, third!), THIRD);
  }
});

Deno.test("HpackDecoder evicts as RFC 7541, appendix C.5, does with a table of 256 bytes", () => {
  const decoder = new HpackDecoder({ ...BOUNDS, maxTableBytes: 256 });
  const date = (seconds: number) => `date: Mon, 21 Oct 2013 20:13:${seconds} GMT`;
  const rest = ["cache-control: private", date(21), "location: https://www.example.com"];
  const first = "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a" +
    "323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d";
  assertEquals(lines(decoder, first), [":status: 302", ...rest]);
  assertEquals(lines(decoder, "4803333037c1c0bf"), [":status: 307", ...rest]);
  const third = "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69" +
    "707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d33" +
    "3630303b2076657273696f6e3d31";
  assertEquals(lines(decoder, third), [
    ":status: 200",
    "cache-control: private",
    date(22),
    "location: https://www.example.com",
    "content-encoding: gzip",
    "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
  ]);
});

Deno.test("HpackDecoder refuses blocks that are no HPACK", () => {
  const wrong: Record<string, string> = {
    "index 0": "80",
    "an index beyond the tables": "be",
    "a name beyond the tables": "7e0161",
    "a string beyond its block": "0003616263056162",
    "a header without a value": "000161",
    "a number without an end": "ffffffffffffff7f",
    "a table larger than is allowed": "3fe21f",
    "a change of the table behind a header": "8220",
    "a string that is no Huffman code": "008118",
  };
  for (const [name, hex] of Object.entries(wrong)) {
    assertThrows(() => new HpackDecoder(BOUNDS).decode(decodeHex(hex)), HpackError, "", name);
  }
  assertEquals(lines(new HpackDecoder(BOUNDS), "3fe11f82"), [":method: GET"]);
});

Deno.test("HpackDecoder leaves out headers beyond its bounds, and keeps its table in step", () => {
  const header = encodeHeader("x", "1"); // 34 bytes of a list
  const three = new Uint8Array([...header, ...header, ...header]);
  const cut = (bounds: Partial<typeof BOUNDS>) => {
    const { headers, isCut } = new HpackDecoder({ ...BOUNDS, ...bounds }).decode(three);
    return [headers.length, isCut];
  };
  assertEquals(cut({ maxHeaders: 3 }), [3, false]);
  assertEquals(cut({ maxHeaders: 2 }), [2, true]);
  assertEquals(cut({ maxListBytes: 3 * 34 }), [3, false]);
  assertEquals(cut({ maxListBytes: 3 * 34 - 1 }), [2, true]);
  const decoder = new HpackDecoder({ ...BOUNDS, maxListBytes: 40 });
  const big = `40036162630a${"61".repeat(10)}`; // "abc" with ten letters, kept in the table
  assertEquals(decoder.decode(decodeHex(big)).isCut, true);
  assertEquals(lines(new HpackDecoder(BOUNDS), `${big}be`).length, 2);
});

Deno.test("a block of references to a long header costs no more than its own length", () => {
  const decoder = new HpackDecoder(BOUNDS);
  const value = "61".repeat(4_000);
  decoder.decode(decodeHex(`400178${"7fa11e"}${value}`));
  const bomb = new Uint8Array(16_384).fill(0xbe); // 64 MiB of headers
  const { headers, isCut } = decoder.decode(bomb);
  assertEquals([headers.length, isCut], [4, true]);
});
