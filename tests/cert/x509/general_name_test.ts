import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { DerReader } from "../../../lib/cert/der/reader.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import {
  formatGeneralName,
  generalNameNode,
  isWellFormed,
  nameText,
  parseSubjectName,
  parseSubjectNames,
  prefixedName,
  readGeneralName,
} from "../../../lib/cert/x509/general_name.ts";

for (
  const [text, kind, value = text] of [
    ["localhost", "dns"],
    ["API.Internal", "dns", "api.internal"],
    ["*.a.internal", "dns"],
    ["xn--9n2bp8q.internal", "dns"],
    ["127.0.0.1", "ip"],
    ["::1", "ip"],
    ["FD00:0:0::1", "ip", "fd00::1"],
    ["spiffe://a.internal/x", "uri"],
    ["urn:uuid:1", "uri"],
    ["ann@A.internal", "email", "ann@a.internal"],
    ["DNS:api.internal", "dns", "api.internal"],
    ["dns:Api.internal", "dns", "api.internal"],
    ["IP:10.0.0.1", "ip", "10.0.0.1"],
    ["ip:FD00::1", "ip", "fd00::1"],
    ["URI:tag:a.internal,2026:x", "uri", "tag:a.internal,2026:x"],
    ["uri:urn:uuid:1", "uri", "urn:uuid:1"],
    ["email:ann@a.internal", "email", "ann@a.internal"],
  ] as const
) {
  Deno.test(`parseSubjectName() takes "${text}" for a name of kind ${kind}`, () => {
    const name = parseSubjectName(text);
    assertEquals([name.kind, formatGeneralName(name)], [kind, value]);
  });
}

for (
  const text of [
    "",
    ".",
    "a_b.internal",
    "localhost:9090",
    "10.0.0.1:9090",
    "[::1]:9090",
    "mailto:ann@a.internal",
    "tag:a.internal,2026:x",
    "dns:10.0.0.1",
    "ip:a.internal",
    "uri:evil.internal",
    "uri://a.internal",
    "email:a.internal",
    "dns:",
    "a..b",
    "-a",
    "a-",
    "../x",
    "a/b",
    "a b",
    "*",
    "*.",
    "a.*.b",
    "한글.internal",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "a\0b",
    "a\nb",
    "@a",
    "a@b@c",
    "x".repeat(64),
    `${"a.".repeat(130)}b`,
    "http://a b",
  ]
) {
  Deno.test(`parseSubjectName() refuses ${JSON.stringify(text).slice(0, 40)}`, () => {
    assertThrows(() => parseSubjectName(text), DariError);
  });
}

Deno.test("readGeneralName() reads what generalNameNode() writes", async () => {
  const writer = await loadDerWriter();
  for (const text of ["a.internal", "10.0.0.1", "fd00::1", "spiffe://a.internal/x", "ann@a.b"]) {
    const name = parseSubjectName(text);
    const der = writer.encode(generalNameNode(writer, name));
    assertEquals(readGeneralName(new DerReader(der)), name);
  }
});

Deno.test("readGeneralName() refuses a name with a NUL inside, and keeps kinds that it does not know", () => {
  const nul = Uint8Array.of(0x82, 3, 0x61, 0, 0x62);
  assertThrows(() => readGeneralName(new DerReader(nul)), DariError, "not printable ASCII");
  const registeredId = Uint8Array.of(0x88, 1, 0x2a);
  const name = readGeneralName(new DerReader(registeredId));
  assertEquals([name.kind, formatGeneralName(name)], ["other", "[8]"]);
});

Deno.test("parseSubjectNames() gives each name once and refuses none and too many", () => {
  const names = parseSubjectNames(["A.internal", "a.internal", "10.0.0.1"]);
  assertEquals(names.map(formatGeneralName), ["a.internal", "10.0.0.1"]);
  assertThrows(() => parseSubjectNames([]), DariError, "at least one");
  const many = Array.from({ length: 101 }, (_, i) => `n${i}.internal`);
  assertThrows(() => parseSubjectNames(many), DariError, "at most 100");
});

Deno.test("parseSubjectName() says that a name has no port", () => {
  assertThrows(() => parseSubjectName("localhost:9090"), DariError, 'write "localhost"');
});

Deno.test("parseSubjectName() reads exactly the name that nameText() and prefixedName() wrote", () => {
  const texts = [
    "a.internal",
    "10.0.0.1",
    "fd00::1",
    "spiffe://a.internal/x",
    "uri:tag:x",
    "ann@a.b",
  ];
  for (const text of texts) {
    const name = parseSubjectName(text);
    assertEquals(parseSubjectName(nameText(name)), name);
    assertEquals(parseSubjectName(prefixedName(name)), name);
    assertEquals(nameText(name), text);
  }
});

Deno.test("isWellFormed() takes the forms of RFC 5280 alone", () => {
  const cases: ["dns" | "email" | "uri", string, boolean][] = [
    ["dns", "a.internal", true],
    ["dns", "*.a.internal", true],
    ["dns", "a.*.internal", false],
    ["dns", "a_b.internal", false],
    ["dns", "a.internal.", false],
    ["dns", "", false],
    ["email", "ann@a.internal", true],
    ["email", "a@b.internal", true],
    ["email", "a n@a.internal", false],
    ["email", "@a.internal", false],
    ["email", "ann@a_b", false],
    ["email", "a.internal", false],
    ["uri", "spiffe://a.internal/x", true],
    ["uri", "urn:uuid:1", true],
    ["uri", "a.internal", false],
    ["uri", "/path", false],
    ["uri", "http://a b", false],
    ["uri", "http://[", false],
    ["uri", "x:", false],
  ];
  for (const [kind, value, expected] of cases) {
    assertEquals(isWellFormed({ kind, value }), expected, `${kind} ${value}`);
  }
  for (const [length, expected] of [[4, true], [16, true], [5, false], [0, false]] as const) {
    assertEquals(isWellFormed({ kind: "ip", octets: new Uint8Array(length) }), expected);
  }
  assertEquals(isWellFormed({ kind: "other", tag: 0x88 }), true);
  for (const [parts, expected] of [[[], false], [[[{ type: "CN", value: "a" }]], true]] as const) {
    const name = { der: new Uint8Array(), parts };
    assertEquals(isWellFormed({ kind: "directory", name }), expected);
  }
});
