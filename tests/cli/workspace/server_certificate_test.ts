import { assertEquals } from "@std/assert";
import { readServerCertificate } from "../../../lib/cli/workspace/server_certificate.ts";
import { ensureServerIdentity, parseCertificates } from "../../../lib/cert/mod.ts";
import { keyFingerprint } from "../../../lib/cert/key/public_key.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("readServerCertificate() gives the fingerprint of the authority, where that is at hand", async () => {
  await using directory = await tempDirectory();
  const { certFile, caFile, caPem, certPem } = await ensureServerIdentity(directory.path);
  const fingerprint = await keyFingerprint(parseCertificates(caPem)[0].publicKey);
  const names = ["localhost", "127.0.0.1", "::1"];
  assertEquals(await readServerCertificate(certFile, caFile), { names, fingerprint });
  assertEquals(await readServerCertificate(certFile), { names, fingerprint: undefined });
  const chain = `${directory.path}/chain.crt`;
  await Deno.writeTextFile(chain, certPem + caPem);
  assertEquals(await readServerCertificate(chain), { names, fingerprint });
});
