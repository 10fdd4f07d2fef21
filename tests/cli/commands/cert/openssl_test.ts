import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { cert, certWorkshop } from "../../../support/cert_workshop.ts";
import { hasOpenssl, openssl } from "../../../support/openssl.ts";

Deno.test({
  name: "openssl takes what the commands write: chain, CRL, PKCS#12, encrypted key, classic form",
  ignore: !hasOpenssl,
  fn: async () => {
    await using shop = await certWorkshop();
    const ask = async (...words: string[]) => {
      const { success, text } = await openssl(shop.directory, ...words);
      assert(success, text);
      return text;
    };
    await shop.run("issue", "a.internal", "--out", shop.path("a"));
    await ask("verify", "-x509_strict", "-CAfile", "data/ca.crt", "a.crt");
    await shop.run("revoke", shop.path("a.crt"), "--reason", "superseded");
    await shop.run("crl");
    assertStringIncludes(
      await ask("crl", "-in", "data/ca.crl", "-CAfile", "data/ca.crt", "-noout", "-text"),
      "Superseded",
    );
    const checked = await openssl(
      shop.directory,
      ...["verify", "-crl_check", "-CRLfile", "data/ca.crl", "-CAfile", "data/ca.crt", "a.crt"],
    );
    assertStringIncludes(checked.text, "certificate revoked");
    const exported = await cert("export", [shop.path("a"), "--passphrase-stdin"], {
      input: "pâss\n",
    });
    assertEquals(exported.code, 0, exported.err);
    const p12 = await ask("pkcs12", "-in", "a.p12", "-passin", "pass:pâss", "-nodes");
    assertStringIncludes(p12, "BEGIN PRIVATE KEY");
    await cert("self-signed", ["localhost", "--out", shop.path("s")]);
    const text = await ask("x509", "-in", "s.crt", "-noout", "-text");
    assertStringIncludes(text, "C = KR, ST = Seoul, L = Seoul, O = My Company, CN = localhost");
    assertStringIncludes(text, "Digital Signature, Key Encipherment");
    assertStringIncludes(text, "sha256WithRSAEncryption");
    await ask("verify", "-CAfile", "s.crt", "-verify_hostname", "localhost", "s.crt");
    await cert("request", ["w.internal", "--out", shop.path("w")]);
    await ask("req", "-in", "w.csr", "-verify", "-noout");
  },
});
