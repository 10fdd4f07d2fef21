import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { oid } from "../../../lib/cert/der/oid.ts";
import { type DerNode, type DerWriter, loadDerWriter } from "../../../lib/cert/der/writer.ts";
import {
  CertificateError,
  formatGeneralName,
  formatName,
  generateKeyPair,
  initAuthority,
  loadAuthority,
  openFileLedger,
  parseRequest,
  parseSubjectName,
  signRequest,
} from "../../../lib/cert/mod.ts";
import { extensionNode, subjectAltNameNode } from "../../../lib/cert/x509/certificate_template.ts";
import { nameNode, parseSubject } from "../../../lib/cert/x509/distinguished_name.ts";
import {
  asking,
  requestOf as requestOfKey,
  type RequestOptions,
} from "../../support/certificate_request.ts";
import { tempDirectory } from "../../support/temp.ts";

const writer = await loadDerWriter();
const { privateKey } = await generateKeyPair();

const requestOf = (attributes: readonly DerNode[], options?: RequestOptions) =>
  requestOfKey(privateKey, attributes, options);

const names = (w: DerWriter, ...texts: string[]) =>
  subjectAltNameNode(w, texts.map(parseSubjectName), false);

async function workshop() {
  const directory = await tempDirectory();
  await initAuthority(directory.path);
  const authority = await loadAuthority(directory.path);
  const ledger = openFileLedger(directory.path);
  return {
    ledger,
    sign: (pem: string, options: Parameters<typeof signRequest>[3] = {}) =>
      parseRequest(pem).then((request) => signRequest(authority, ledger, request, options)),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

Deno.test("signRequest() decides uses and dates by itself, and drops what it does not grant", async () => {
  await using shop = await workshop();
  const eku = extensionNode(
    writer,
    oid.extKeyUsage,
    writer.sequence(writer.oid(oid.clientAuth), writer.oid(oid.anyExtendedKeyUsage)),
  );
  const odd = extensionNode(writer, "1.2.3.4", writer.null(), true);
  const challenge = writer.sequence(
    writer.oid("1.2.840.113549.1.9.7"),
    writer.set(writer.string("utf8", "secret")),
  );
  const pem = await requestOf([challenge, await asking(names(writer, "b.internal"), eku, odd)], {
    subject: "O=Someone Else, CN=root",
  });
  const { certificate, dropped } = await shop.sign(pem);
  assertEquals(dropped, ["1.2.3.4"]);
  assertEquals(certificate.extensions.extKeyUsage, [oid.serverAuth]);
  assertEquals(certificate.extensions.subjectAltName?.map(formatGeneralName), ["b.internal"]);
  assertEquals(formatName(certificate.subject), "CN=b.internal", "the subject is not granted");
  assert(!certificate.extensions.all.includes("1.2.3.4"));
});

Deno.test("signRequest() takes the common name of a request of the old kind, or names of its own", async () => {
  await using shop = await workshop();
  const old = await shop.sign(await requestOf([]));
  assertEquals(old.certificate.extensions.subjectAltName?.map(formatGeneralName), ["r.internal"]);
  const other = await shop.sign(await requestOf([]), { names: ["c.internal"] });
  assertEquals(other.certificate.extensions.subjectAltName?.map(formatGeneralName), ["c.internal"]);
  const nobody = await requestOf([], { subject: "O=Example" });
  await assertRejects(() => shop.sign(nobody), DariError, "give one with --name");
});

Deno.test("signRequest() refuses names of a kind that it does not issue for, and names it may not", async () => {
  await using shop = await workshop();
  const directory = writer.explicit(4, nameNode(writer, parseSubject("CN=x")));
  const odd = extensionNode(writer, oid.subjectAltName, writer.sequence(directory));
  await assertRejects(
    async () => shop.sign(await requestOf([await asking(odd)])),
    DariError,
    "does not issue for",
  );
  const foreign = await requestOf([await asking(names(writer, "example.com"))]);
  const error = await assertRejects(() => shop.sign(foreign), DariError, "is not within");
  assertEquals([error.code, (await shop.ledger.entries()).length], ["permission_denied", 1]);
});

for (
  const [what, tagNumber, value] of [
    ["a URI that reads like a DNS name", 6, "evil.internal"],
    ["a DNS name that reads like a URI", 2, "spiffe://a.internal/x"],
    ["a DNS name that reads like a mailbox", 2, "ann@a.internal"],
    ["a mailbox that reads like a DNS name", 1, "evil.internal"],
    ["a DNS name with a space", 2, "a b.internal"],
  ] as const
) {
  Deno.test(`signRequest() refuses ${what}, and does not change its kind`, async () => {
    await using shop = await workshop();
    const name = writer.implicit(tagNumber, new TextEncoder().encode(value));
    const odd = extensionNode(writer, oid.subjectAltName, writer.sequence(name));
    const pem = await requestOf([await asking(odd)]);
    const error = await assertRejects(() => shop.sign(pem), CertificateError);
    assertEquals([error.reason, error.code], ["bad_name", "data"]);
  });
}

Deno.test("signRequest() keeps the kind of each name", async () => {
  await using shop = await workshop();
  const texts = ["a.internal", "127.0.0.1", "::1", "spiffe://a.internal/x"];
  const { certificate } = await shop.sign(await requestOf([await asking(names(writer, ...texts))]));
  assertEquals(certificate.extensions.subjectAltName, texts.map(parseSubjectName));
});

Deno.test("signRequest() takes a common name for the name of a host alone", async () => {
  await using shop = await workshop();
  const address = await shop.sign(await requestOf([], { subject: "CN=IP:127.0.0.1" }));
  assertEquals(address.certificate.extensions.subjectAltName, [parseSubjectName("127.0.0.1")]);
  for (
    const subject of ["CN=spiffe://a.internal/x", "CN=a.internal, CN=b.internal", "CN=Ann Lee"]
  ) {
    const error = await assertRejects(
      async () => shop.sign(await requestOf([], { subject })),
      CertificateError,
      "give one with --name",
    );
    assertEquals(error.code, "data");
  }
});

Deno.test("issueLeaf() holds an e-mail address in the subject to the constraints as well", async () => {
  await using shop = await workshop();
  const pem = await requestOf([]);
  const subject = "CN=r.internal, emailAddress=ceo@gmail.com";
  const error = await assertRejects(() => shop.sign(pem, { subject }), CertificateError);
  assertEquals([error.reason, error.code], ["name_constraint", "permission_denied"]);
});
