import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { parseCertificates, verifyCertificate } from "../../../lib/cert/mod.ts";
import { limboCases } from "../../support/limbo_cases.ts";

for (const { name, refusal, make } of limboCases) {
  const verb = refusal === undefined ? "trusts" : "refuses";
  Deno.test(`verifyCertificate() ${verb} ${name}, of a server and of a client`, async () => {
    for (const purpose of ["server", "client"] as const) {
      const { ca, cert } = await make(purpose);
      const [leaf, ...intermediates] = parseCertificates(cert);
      const authorities = parseCertificates(ca);
      const verify = () => verifyCertificate(leaf, { authorities, intermediates, purpose });
      if (refusal === undefined) await verify();
      else assertEquals((await assertRejects(verify, DariError, refusal)).code, "data");
    }
  });
}
