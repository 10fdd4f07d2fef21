import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { DerReader } from "../../../lib/cert/der/reader.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import {
  commonNamesOf,
  formatName,
  nameNode,
  parseSubject,
  plainCommonNameOf,
  readName,
  subjectFor,
} from "../../../lib/cert/x509/distinguished_name.ts";

Deno.test("parseSubject() and formatName() are each other's opposite", async () => {
  const writer = await loadDerWriter();
  for (
    const text of [
      "C=KR, ST=Seoul, L=Seoul, O=My Company, CN=localhost",
      "CN=a\\, b",
      "O=이름, CN=x",
      "DC=internal, UID=ann, emailAddress=ann@a.internal",
    ]
  ) {
    const der = writer.encode(nameNode(writer, parseSubject(text)));
    assertEquals(formatName(readName(new DerReader(der))), text);
  }
});

Deno.test("parseSubject() refuses attributes that are unknown, empty, too long or not printable", () => {
  for (
    const text of [
      "X=1",
      "CN",
      "CN=",
      `CN=${"x".repeat(65)}`,
      "CN=a\0b",
      "CN=\0b",
      "C=Korea",
      "C=k1",
    ]
  ) {
    assertThrows(() => parseSubject(text), DariError, "subject");
  }
});

Deno.test("commonNamesOf() gives the common names, the most specific last", async () => {
  const writer = await loadDerWriter();
  const read = (text: string) =>
    readName(new DerReader(writer.encode(nameNode(writer, parseSubject(text)))));
  assertEquals(commonNamesOf(read("CN=upper, O=x, CN=lower")), ["upper", "lower"]);
  assertEquals(commonNamesOf(read("O=x")), []);
});

for (
  const [what, commonNames, isTaken] of [
    ["one", ["ann"], true],
    ["one with a space inside", ["Ann Lee"], true],
    ["one of letters beyond ASCII", ["가나다"], true],
    ["none", [], false],
    ["an empty one", [""], false],
    ["two", ["ann", "bob"], false],
    ["a space before", [" ann"], false],
    ["a space behind", ["ann "], false],
    ["a no-break space behind", ["ann\u00a0"], false],
    ["a NUL", ["ann\0bob"], false],
    ["a control", ["ann\x1b[2J"], false],
    ["a line separator", ["ann\u2028"], false],
    ["a mark that turns the direction of text", ["ann\u202ebob"], false],
    ["a zero-width joiner", ["an\u200dn"], false],
    ["a Hangul filler", ["ann\u3164"], false],
    ["a lone surrogate", ["ann\ud800"], false],
  ] as const
) {
  Deno.test(`plainCommonNameOf() ${isTaken ? "takes" : "refuses"} ${what}`, () => {
    const parts = commonNames.map((value) => [{ type: "CN", value }]);
    const commonName = plainCommonNameOf({ der: new Uint8Array(), parts });
    assertEquals(commonName, isTaken ? commonNames[0] : undefined);
  });
}

Deno.test("subjectFor() makes a subject of the first name, where it fits", () => {
  assertEquals(subjectFor(undefined, "a.internal"), [{ type: "CN", value: "a.internal" }]);
  assertEquals(subjectFor(undefined, "10.0.0.1"), [{ type: "CN", value: "IP:10.0.0.1" }]);
  assertEquals(subjectFor(undefined, "x".repeat(65)), []);
  assertEquals(subjectFor("O=x", "a.internal"), [{ type: "O", value: "x" }]);
});
