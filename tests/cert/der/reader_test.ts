import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { parseCertificate } from "../../../lib/cert/x509/certificate.ts";
import {
  DerReader,
  readBoolean,
  readInteger,
  readNamedBits,
  readOid,
  readTime,
} from "../../../lib/cert/der/reader.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { testAuthority, testLeaf } from "../../support/test_authority.ts";

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

Deno.test("what the writer makes, the reader reads back", async () => {
  const writer = await loadDerWriter();
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 160n }), (value) => {
    const hex = value.toString(16);
    const octets = decodeHex(hex.padStart(hex.length + hex.length % 2, "0"));
    const read = readInteger(new DerReader(writer.encode(writer.integer(octets))));
    assertEquals(BigInt(`0x${read.toHex()}`), value);
  }));
  fc.assert(fc.property(fc.uniqueArray(fc.nat({ max: 8 })), (bits) => {
    const encoded = writer.encode(writer.namedBits(bits));
    assertEquals(readNamedBits(new DerReader(encoded)), new Set(bits.sort()));
  }));
});

Deno.test("parseCertificate() answers any damage with an error of its own", async () => {
  const { der } = await testLeaf(await testAuthority());
  fc.assert(
    fc.property(fc.nat({ max: der.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = der.slice();
      damaged[at]! ^= flip;
      try {
        parseCertificate(damaged);
      } catch (error) {
        assert(error instanceof DariError, String(error));
      }
    }),
  );
  for (let length = 0; length < der.length; length += 7) {
    assertThrows(() => parseCertificate(der.slice(0, length)), DariError);
  }
});
