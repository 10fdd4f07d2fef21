import { assertEquals, assertThrows } from "@std/assert";
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { decodeHex, encodeHex } from "@std/encoding/hex";

const utf8 = new TextEncoder();

/** The vectors of RFC 4648, section 10: text, base64, base64url, hexadecimal. */
const vectors: readonly [string, string, string, string][] = [
  ["", "", "", ""],
  ["f", "Zg==", "Zg", "66"],
  ["fo", "Zm8=", "Zm8", "666f"],
  ["foo", "Zm9v", "Zm9v", "666f6f"],
  ["foob", "Zm9vYg==", "Zm9vYg", "666f6f62"],
  ["fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261"],
  ["foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"],
];

for (const [text, base64, base64url, hex] of vectors) {
  Deno.test(`encoding: "${text}" goes there and back as RFC 4648, section 10, says`, () => {
    assertEquals(
      [encodeBase64(text), encodeBase64Url(text), encodeHex(text)],
      [base64, base64url, hex],
    );
    assertEquals(decodeBase64(base64), utf8.encode(text));
    assertEquals(decodeBase64Url(base64url), utf8.encode(text));
    assertEquals(decodeHex(hex), utf8.encode(text));
  });
}

Deno.test("encodeBase64Url() writes - and _ where encodeBase64() writes + and /", () => {
  const bytes = new Uint8Array([0xfb, 0xef, 0xff]);
  assertEquals(encodeBase64(bytes), "++//");
  assertEquals(encodeBase64Url(bytes), "--__");
  assertEquals(decodeBase64Url("--__"), bytes);
});

Deno.test("encode functions take a view's own bytes, a buffer and text as UTF-8", () => {
  const bytes = new Uint8Array([9, 0xab, 0xcd, 9]);
  assertEquals(encodeHex(bytes.subarray(1, 3)), "abcd");
  assertEquals(encodeHex(bytes.buffer), "09abcd09");
  assertEquals(encodeHex("다"), "eb8ba4");
});

Deno.test("decodeHex() reads both cases", () => {
  assertEquals(decodeHex("aBcD"), new Uint8Array([0xab, 0xcd]));
});

for (const text of ["a", "abc", "zz", "0x", " ab "]) {
  Deno.test(`decodeHex() refuses "${text}"`, () => {
    assertThrows(() => decodeHex(text));
  });
}

for (const text of ["Zm9v!", "Z", "Zg===", "--__", "Zm 9v", "Zm9v\n"]) {
  Deno.test(`decodeBase64() refuses "${text}"`, () => {
    assertThrows(() => decodeBase64(text));
  });
}

Deno.test("decodeBase64() takes padding that is short or missing, as upstream does", () => {
  for (const text of ["Zg==", "Zg=", "Zg"]) assertEquals(decodeBase64(text), new Uint8Array([102]));
});

for (const text of ["Zm9v!", "Z", "++//"]) {
  Deno.test(`decodeBase64Url() refuses "${text}"`, () => {
    assertThrows(() => decodeBase64Url(text));
  });
}
