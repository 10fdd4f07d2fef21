import { assertEquals } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import { decodeHuffman } from "../../../../lib/http/h2/hpack/huffman.ts";

function decoded(hex: string): string | undefined {
  const bytes = decodeHex(hex);
  return decodeHuffman(bytes, 0, bytes.length);
}

Deno.test("decodeHuffman() reads the strings of RFC 7541, appendix C", () => {
  const cases: [hex: string, text: string][] = [
    ["f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"],
    ["a8eb10649cbf", "no-cache"],
    ["25a849e95ba97d7f", "custom-key"],
    ["25a849e95bb8e8b4bf", "custom-value"],
    ["6402", "302"],
    ["aec3771a4b", "private"],
    ["d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT"],
    ["9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com"],
    [
      "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
      "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    ],
    ["", ""],
  ];
  for (const [hex, text] of cases) assertEquals(decoded(hex), text);
});

Deno.test("decodeHuffman() refuses what section 5.2 forbids", () => {
  assertEquals(decoded("1f"), "a"); // 00011, then three bits 1
  const wrong: Record<string, string> = {
    "padding of a whole byte": "1fff",
    "padding with a 0": "18",
    "the end of a string": "ffffffff",
    "the end of a string behind a letter": "1ffffffffc",
  };
  for (const [name, hex] of Object.entries(wrong)) assertEquals(decoded(hex), undefined, name);
});
