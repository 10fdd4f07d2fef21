import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { type DerNode, loadDerWriter } from "../../../lib/cert/der/writer.ts";
import {
  describeCertificate,
  formatDescription,
  formatName,
  identityOf,
  parseCertificate,
} from "../../../lib/cert/mod.ts";
import { sealNode } from "../../../lib/cert/key/signer.ts";
import { testAuthority, testEntity, testLeaf } from "../../support/test_authority.ts";

const root = await testAuthority();

/** A leaf whose subject's common name, or one of whose names, is replaced octet by octet. */
async function forge(from: string, to: string) {
  const writer = await loadDerWriter();
  const { certificate, signer } = await testEntity(root, {
    subject: `CN=${"x".repeat(8)}`,
    names: ["yyyyyyyy.internal"],
  });
  const tbs = certificate.tbs.slice();
  const at = new TextDecoder("latin1").decode(tbs).lastIndexOf(from);
  tbs.set(new TextEncoder().encode(to), at);
  const node: DerNode = writer.raw(tbs);
  return parseCertificate(await sealNode(writer, node, signer));
}

Deno.test("describeCertificate() shows no control character and nothing that turns text around", async () => {
  for (
    const [text, shown] of [
      ["a\u001b[2Jbcd", "CN=a\\1b[2Jbcd"],
      ["a\nissue:", "CN=a\\0aissue:"],
      ["a\u202egpj.", "CN=a\\e2\\80\\aegpj."],
      ['a,b="c;d', 'CN=a\\,b=\\"c\\;d'],
    ] as const
  ) {
    const certificate = await forge("xxxxxxxx", text);
    assertEquals(formatName(certificate.subject), shown);
    const lines = formatDescription(await describeCertificate(certificate)).split("\n");
    assertEquals(lines[0], `subject    ${shown}`);
    assert(!/[\p{Cc}\p{Bidi_Control}]/u.test(lines.join("")));
  }
});

Deno.test("parseCertificate() refuses names with control characters", async () => {
  for (const text of ["yy\0y", "yy\u001by", "yy\ny"]) {
    await assertRejects(() => forge("yyyy", text), DariError, "not printable ASCII");
  }
});

Deno.test("describeCertificate() tells authorities from leaves", async () => {
  const authority = await describeCertificate(root.certificate);
  assertEquals([authority.isAuthority, authority.pathLength], [true, 9]);
  const leaf = await describeCertificate(await testLeaf(root));
  assertEquals([leaf.isAuthority, leaf.names, leaf.extKeyUsage], [
    false,
    ["leaf.internal"],
    ["serverAuth"],
  ]);
});

Deno.test("identityOf() takes the URI first, then the DNS name, then the common name", async () => {
  const identity = async (...names: string[]) =>
    identityOf(await testLeaf(root, { subject: "O=x, CN=cn", names }));
  assertEquals(await identity("a.internal", "spiffe://a.internal/x"), "spiffe://a.internal/x");
  assertEquals(await identity("ann@a.internal", "a.internal"), "a.internal");
  assertEquals(await identity("10.0.0.1"), "cn");
  assertEquals(identityOf(await testLeaf(root, { subject: "O=x", names: ["10.0.0.1"] })), "");
});
