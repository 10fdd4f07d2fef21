import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { DerReader } from "../../../lib/cert/der/reader.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import {
  formatName,
  nameNode,
  parseSubject,
  readName,
} from "../../../lib/cert/x509/distinguished_name.ts";
import { formatGeneralName, parseSubjectName } from "../../../lib/cert/x509/general_name.ts";
import {
  formatIp,
  formatIpRange,
  ipInRange,
  parseIp,
  parseIpRange,
} from "../../../lib/cert/x509/ip.ts";
import { constraintsOf } from "../../../lib/cert/authority/permit.ts";

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

Deno.test("parseIp() and formatIp() agree with RFC 5952", () => {
  const forms = [
    ["0:0:0:0:0:0:0:0", "::"],
    ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["::ffff:1.2.3.4", "::ffff:102:304"],
    ["1::", "1::"],
  ] as const;
  for (const [text, expected] of forms) assertEquals(formatIp(parseIp(text)!), expected);
});

Deno.test("parseIp() refuses what is read in two ways", () => {
  for (
    const text of ["010.0.0.1", "1.2.3", "1:2", "1::2::3", ":::", "1:2:3:4:5:6:7:8:9", "::1%lo"]
  ) {
    assertEquals(parseIp(text), undefined, text);
  }
});

Deno.test("parseIpRange() takes prefixes without stray bits", () => {
  assertEquals(formatIpRange(parseIpRange("10.0.0.0/8")!), "10.0.0.0/8");
  assertEquals(formatIpRange(parseIpRange("10.1.2.3")!), "10.1.2.3/32");
  assertEquals(formatIpRange(parseIpRange("::/0")!), "::/0");
  for (const text of ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/", "x/8"]) {
    assertEquals(parseIpRange(text), undefined, text);
  }
  const range = parseIpRange("10.128.0.0/9")!;
  assertEquals(ipInRange(parseIp("10.200.0.1")!, range), true);
  assertEquals(ipInRange(parseIp("10.127.0.1")!, range), false);
  assertEquals(ipInRange(parseIp("::1")!, range), false);
});

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

Deno.test("constraintsOf() closes the kinds of name that no permit is about", () => {
  assertEquals(constraintsOf(["127.0.0.1"]).excluded, [{ kind: "dns", value: "" }]);
  assertEquals(constraintsOf([".internal"]).excluded.length, 2);
  assertEquals(constraintsOf([".internal", "10.0.0.0/8"]).excluded, []);
  for (const permits of [[], ["*.internal"], ["a@b"], ["spiffe://a"], [""], ["10.0.0.1/8"]]) {
    assertThrows(() => constraintsOf(permits), DariError);
  }
});
