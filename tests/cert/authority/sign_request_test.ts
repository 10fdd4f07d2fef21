import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { oid } from "../../../lib/cert/der/oid.ts";
import { type DerNode, type DerWriter, loadDerWriter } from "../../../lib/cert/der/writer.ts";
import {
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
