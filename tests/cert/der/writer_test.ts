import { assertEquals, assertThrows } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import fc from "fast-check";
import { DerReader, readInteger, readNamedBits, readTime } from "../../../lib/cert/der/reader.ts";
import { type DerNode, loadDerWriter } from "../../../lib/cert/der/writer.ts";

const writer = await loadDerWriter();
const hexOf = (node: DerNode) => writer.encode(node).toHex();

Deno.test("what the writer makes, the reader reads back", () => {
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

for (
  const [what, node, hex] of [
    ["an INTEGER whose first bit is set", writer.integer(Uint8Array.of(0x80)), "02020080"],
    ["an INTEGER with zeros before it", writer.integer(Uint8Array.of(0, 0, 5)), "020105"],
    ["a small INTEGER", writer.integer(65_537), "0203010001"],
    ["an ENUMERATED", writer.enumerated(4), "0a0104"],
    ["TRUE", writer.true(), "0101ff"],
    ["NULL", writer.null(), "0500"],
    ["an OBJECT IDENTIFIER", writer.oid("1.2.840.113549"), "06062a864886f70d"],
    ["a BIT STRING", writer.bitString(Uint8Array.of(0xff)), "030200ff"],
    ["no named bits", writer.namedBits([]), "030100"],
    ["an OCTET STRING", writer.octetString(Uint8Array.of(1, 2)), "04020102"],
    ["a BMPString", writer.string("bmp", "가"), "1e02ac00"],
    ["a UTF8String", writer.string("utf8", "가"), "0c03eab080"],
    ["[1] around NULL", writer.explicit(1, writer.null()), "a1020500"],
    ["[2] in the place of a tag", writer.implicit(2, Uint8Array.of(7)), "820107"],
    ["a SEQUENCE without what is left out", writer.sequence(undefined, writer.null()), "30020500"],
  ] as const
) {
  Deno.test(`DerWriter writes ${what}`, () => assertEquals(hexOf(node), hex));
}

Deno.test("DerWriter orders a SET OF by its encodings", () => {
  const elements = [writer.integer(2), writer.integer(1), writer.null()];
  assertEquals(hexOf(writer.setOf(elements)), "3108" + "020101" + "020102" + "0500");
});

Deno.test("DerWriter writes UTCTime until 2049, then GeneralizedTime", () => {
  for (
    const [iso, tag] of [["2049-12-31T23:59:59Z", 0x17], ["2050-01-01T00:00:00Z", 0x18]] as const
  ) {
    const der = writer.encode(writer.time(Date.parse(iso)));
    assertEquals([der[0], readTime(new DerReader(der))], [tag, Date.parse(iso)]);
  }
});

Deno.test("DerWriter writes raw DER as it is, and refuses what is none", () => {
  // A key whose octets happen to be DER must not become a constructed BIT STRING.
  const bitString = "0303000500";
  assertEquals(hexOf(writer.raw(decodeHex(bitString))), bitString);
  assertThrows(() => writer.raw(Uint8Array.of(0x30, 5)));
});
