import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { DerReader } from "../../../lib/cert/der/reader.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import {
  commonNameOf,
  formatName,
  nameNode,
  parseSubject,
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
  for (const text of ["X=1", "CN", "CN=", `CN=${"x".repeat(65)}`, "CN=a\0b", "C=Korea", "C=k1"]) {
    assertThrows(() => parseSubject(text), DariError, "subject");
  }
});

Deno.test("commonNameOf() takes the last common name, the most specific", async () => {
  const writer = await loadDerWriter();
  const read = (text: string) =>
    readName(new DerReader(writer.encode(nameNode(writer, parseSubject(text)))));
  assertEquals(commonNameOf(read("CN=upper, O=x, CN=lower")), "lower");
  assertEquals(commonNameOf(read("O=x")), undefined);
});

Deno.test("subjectFor() makes a subject of the first name, where it fits", () => {
  assertEquals(subjectFor(undefined, ["a.internal", "b"]), [{ type: "CN", value: "a.internal" }]);
  assertEquals(subjectFor(undefined, ["10.0.0.1"]), [{ type: "CN", value: "IP:10.0.0.1" }]);
  assertEquals(subjectFor(undefined, ["x".repeat(65)]), []);
  assertEquals(subjectFor("O=x", ["a.internal"]), [{ type: "O", value: "x" }]);
});
