import { assertEquals, assertThrows } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import { DariError } from "../../../lib/base/errors.ts";
import {
  DerReader,
  readBoolean,
  readInteger,
  readNamedBits,
  readOid,
  readTime,
} from "../../../lib/cert/der/reader.ts";

const reader = (hex: string) => new DerReader(decodeHex(hex));
const text = (tag: string, value: string) =>
  reader(
    tag + value.length.toString(16).padStart(2, "0") + new TextEncoder().encode(value).toHex(),
  );

for (
  const [what, hex] of [
    ["an indefinite length", "3080"],
    ["a long form of a short length", "048105" + "00".repeat(5)],
    ["a leading zero in a length", "04820085" + "00".repeat(0x85)],
    ["a length beyond the end", "0402aa"],
    ["a length of more than three octets", "0484ffffffff"],
    ["a high tag number", "1f8101"],
    ["nothing", ""],
  ] as const
) {
  Deno.test(`DerReader refuses ${what}`, () => {
    assertThrows(() => reader(hex).element(), DariError, "Malformed DER");
  });
}

Deno.test("DerReader takes each length in its shortest form, at both ends of it", () => {
  const lengths = {
    "7f": 127,
    "8180": 128,
    "81ff": 255,
    "820100": 256,
    "82ffff": 65_535,
    "83010000": 65_536,
  };
  for (const [octets, length] of Object.entries(lengths)) {
    assertEquals(reader(`04${octets}${"00".repeat(length)}`).element().contents.length, length);
  }
});

Deno.test("DerReader refuses what follows the last element", () => {
  assertThrows(() => reader("0500").end(), DariError, "after the last element");
});

Deno.test("readInteger() takes the shortest form alone", () => {
  assertEquals(readInteger(reader("02020080")), decodeHex("0080"));
  for (const hex of ["0200", "02020001", "0202ff80"]) {
    assertThrows(() => readInteger(reader(hex)), DariError, "INTEGER");
  }
});

Deno.test("readBoolean() takes 00 and FF alone", () => {
  assertEquals([readBoolean(reader("010100")), readBoolean(reader("0101ff"))], [false, true]);
  assertThrows(() => readBoolean(reader("010101")), DariError, "BOOLEAN");
});

Deno.test("readOid() refuses padding and what is cut", () => {
  assertEquals(readOid(reader("06032a0304")), "1.2.3.4");
  for (const hex of ["0600", "06028001", "060188"]) {
    assertThrows(() => readOid(reader(hex)), DariError, "OBJECT IDENTIFIER");
  }
});

Deno.test("readNamedBits() refuses unused bits that are set", () => {
  assertEquals([...readNamedBits(reader("03020780"))], [0]);
  for (const hex of ["0300", "030108", "03020781"]) {
    assertThrows(() => readNamedBits(reader(hex)), DariError, "BIT STRING");
  }
});

Deno.test("readTime() takes the two forms of RFC 5280 and no others", () => {
  assertEquals(readTime(text("17", "491231235959Z")), Date.UTC(2049, 11, 31, 23, 59, 59));
  assertEquals(readTime(text("17", "500101000000Z")), Date.UTC(1950, 0, 1));
  assertEquals(readTime(text("18", "20500101000000Z")), Date.UTC(2050, 0, 1));
  for (
    const [tag, time] of [
      ["17", "2601010000Z"],
      ["17", "260101000000+0000"],
      ["17", "260230000000Z"],
      ["17", "260101240000Z"],
      ["18", "20260101000000.5Z"],
      ["18", ""],
    ] as const
  ) {
    assertThrows(() => readTime(text(tag, time)), DariError, "the time");
  }
});
