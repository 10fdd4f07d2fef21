import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  ensureDocumentSigner,
  openDocumentSigner,
  verifyDocument,
} from "../../../lib/cert/authority/document_signer.ts";
import {
  type Certificate,
  CertificateError,
  ensureServerIdentity,
  initAuthority,
  openStoreLedger,
  parseCertificates,
  verifyCertificate,
} from "../../../lib/cert/mod.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { TestClock } from "../../support/clock.ts";
import { tempDirectory } from "../../support/temp.ts";

const message = new TextEncoder().encode("what is signed");

async function signed() {
  const directory = await tempDirectory();
  const { path } = directory;
  const clock = new TestClock();
  const ledger = openStoreLedger(createMemoryStore({ clock }));
  await initAuthority(path, { ledger, clock });
  const file = `${path}/signer.pem`;
  const signer = await ensureDocumentSigner(path, file, { subject: "signer", ledger, clock });
  const authorities = parseCertificates(await Deno.readTextFile(`${path}/ca.crt`));
  return {
    ...{ path, file, clock, ledger, authorities, signer: signer! },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

const reasonOf = async (work: () => Promise<unknown>) =>
  (await assertRejects(work, CertificateError)).reason;

Deno.test("a document is verified by the authority, and by no other", async () => {
  await using at = await signed();
  await using other = await signed();
  const signature = await at.signer.sign(message);
  const timeMs = at.clock.now();
  const verify = (authorities: readonly Certificate[], changed = {}) =>
    verifyDocument(at.signer.pem, authorities, { message, signature, timeMs, ...changed });
  await verify(at.authorities);
  assertEquals(await reasonOf(() => verify(other.authorities)), "untrusted");
  const forged = signature.with(0, signature[0]! ^ 1);
  assertEquals(
    await reasonOf(() => verify(at.authorities, { signature: forged })),
    "bad_signature",
  );
  const late = { timeMs: at.signer.notAfterMs + 1 };
  assertEquals(await reasonOf(() => verify(at.authorities, late)), "expired");
});

Deno.test("a certificate of a server signs no documents, and a signer is no server and no client", async () => {
  await using at = await signed();
  const { path, ledger, clock, authorities, signer } = at;
  const server = await ensureServerIdentity(path, { ledger, clock });
  const signature = await signer.sign(message);
  const timeMs = clock.now();
  assertEquals(
    await reasonOf(() =>
      verifyDocument(server.certPem, authorities, { message, signature, timeMs })
    ),
    "wrong_purpose",
  );
  const [leaf] = parseCertificates(signer.pem);
  for (const purpose of ["server", "client"] as const) {
    assertEquals(
      await reasonOf(() => verifyCertificate(leaf, { authorities, purpose, timeMs })),
      "wrong_purpose",
    );
  }
});

Deno.test("a signer is kept in its file, which only its owner may use", async () => {
  await using at = await signed();
  const { path, file, ledger, clock, signer } = at;
  assertEquals((await openDocumentSigner(file))?.pem, signer.pem);
  const again = await ensureDocumentSigner(path, file, { subject: "signer", ledger, clock });
  assertEquals(again?.pem, signer.pem);
  assertEquals(await openDocumentSigner(`${path}/none`), undefined);
  const entry = (await ledger.entries()).find(({ purposes }) => purposes.includes("documents"));
  assert(entry?.subject.includes("signer"));
  await Deno.chmod(file, 0o644);
  await assertRejects(() => openDocumentSigner(file), DariError, "chmod 600");
});

Deno.test("a directory without an authority has no signer", async () => {
  await using directory = await tempDirectory();
  const ledger = openStoreLedger(createMemoryStore());
  const options = { subject: "signer", ledger };
  assertEquals(
    await ensureDocumentSigner(directory.path, `${directory.path}/signer.pem`, options),
    undefined,
  );
  assertEquals(await Array.fromAsync(Deno.readDir(directory.path)), []);
});

Deno.test("a directory whose authority's key is on another machine signs with what it has, while that is good", async () => {
  await using at = await signed();
  const { path, file, clock, ledger } = at;
  await Deno.remove(`${path}/ca.key`);
  const ensure = () => ensureDocumentSigner(path, file, { subject: "signer", ledger, clock });
  clock.advance(0.9 * limits.auditCertificateLifeMs);
  assertEquals((await ensure())?.pem, at.signer.pem);
  clock.advance(limits.auditCertificateLifeMs);
  assertEquals(await ensure(), undefined);
  await Deno.remove(file);
  assertEquals(await ensure(), undefined);
});
