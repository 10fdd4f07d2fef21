import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { oid } from "../../../lib/cert/der/oid.ts";
import { decodePem } from "../../../lib/cert/der/pem.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { generateKeyPair, makeRequest } from "../../../lib/cert/mod.ts";
import { describeRequest, formatRequest } from "../../../lib/cert/show/request_description.ts";
import { extensionNode, subjectAltNameNode } from "../../../lib/cert/x509/certificate_template.ts";
import { parseSubjectName } from "../../../lib/cert/x509/general_name.ts";
import { readRequest } from "../../../lib/cert/x509/request.ts";
import { asking, requestOf } from "../../support/certificate_request.ts";

const writer = await loadDerWriter();
const { privateKey } = await generateKeyPair();

Deno.test("describeRequest() shows what a request asks for", async () => {
  const der = await makeRequest(privateKey, ["a.internal", "10.0.0.1"], "O=Example, CN=a");
  const description = await describeRequest(der);
  assertEquals(description, {
    subject: "O=Example, CN=a",
    key: "ECDSA P-256",
    names: ["a.internal", "10.0.0.1"],
    isAuthority: false,
    keyUsage: [],
    extKeyUsage: [],
    extensions: ["subjectAltName"],
    isSignatureRight: true,
  });
  assertEquals(formatRequest(description).split("\n")[0], "request    signed by its key");
});

Deno.test("describeRequest() also shows a request that is refused: for an authority, and badly signed", async () => {
  const authority = extensionNode(writer, oid.basicConstraints, writer.sequence(writer.true()));
  const pem = await requestOf(privateKey, [await asking(authority)]);
  const der = decodePem(pem)[0]!.bytes;
  assertMatch(formatRequest(await describeRequest(der)), /^authority {2}asked for$/m);
  der[der.length - 1]! ^= 1;
  const description = await describeRequest(der);
  assert(!description.isSignatureRight);
  assertMatch(formatRequest(description), /^request {4}NOT signed by its key$/m);
  assertThrows(() => readRequest(der.slice(1)));
});

Deno.test("formatRequest() shows no control character of a request", async () => {
  const names = subjectAltNameNode(writer, [parseSubjectName("a.internal")], false);
  const attribute = await asking(names);
  const plain = decodePem(await requestOf(privateKey, [attribute], { subject: "CN=xxxxxxx" }))[0]!;
  const at = new TextDecoder("latin1").decode(plain.bytes).indexOf("xxxxxxx");
  plain.bytes.set(new TextEncoder().encode("\x1b[2Ja\nb"), at);
  const text = formatRequest(await describeRequest(plain.bytes));
  assert(!/[\p{Cc}\p{Bidi_Control}]/u.test(text.replaceAll("\n", "")));
  assertMatch(text, /^subject {4}CN=\\1b\[2Ja\\0ab$/m);
});
