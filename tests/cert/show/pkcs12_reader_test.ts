import { assert, assertEquals, assertRejects } from "@std/assert";
import { makeSelfSigned } from "../../../lib/cert/authority/self_signed.ts";
import { encodePem } from "../../../lib/cert/der/pem.ts";
import { encodePrivateKeyPem } from "../../../lib/cert/key/private_key.ts";
import { CertificateError } from "../../../lib/cert/reasons.ts";
import { encodePkcs12 } from "../../../lib/cert/show/pkcs12.ts";
import { isPkcs12, parsePkcs12 } from "../../../lib/cert/show/pkcs12_reader.ts";
import { hasOpenssl, openssl } from "../../support/openssl.ts";
import { tempDirectory } from "../../support/temp.ts";

const made = await makeSelfSigned("a.internal", { algorithm: "ecdsa-p256" });
const other = await makeSelfSigned("b.internal", { algorithm: "ecdsa-p256" });
const file = await encodePkcs12(
  [made.certificate, other.certificate],
  made.privateKey,
  "correct horse",
);

Deno.test("parsePkcs12() reads the certificates that encodePkcs12() wrote, and counts the key", async () => {
  const { certificates, keyCount } = await parsePkcs12(file, "correct horse");
  assertEquals(certificates, [made.certificate, other.certificate]);
  assertEquals(keyCount, 1);
});

Deno.test("parsePkcs12() refuses a wrong passphrase, and what is not PKCS#12", async () => {
  const error = await assertRejects(() => parsePkcs12(file, "wrong"), CertificateError);
  assertEquals([error.reason, error.code], ["passphrase_wrong", "permission_denied"]);
  for (const bytes of [file.slice(0, -1), made.certificate.der, new Uint8Array(0)]) {
    await assertRejects(() => parsePkcs12(bytes, "correct horse"), CertificateError);
  }
});

Deno.test("isPkcs12() tells a file from a certificate, from PEM and from nothing", () => {
  const pem = new TextEncoder().encode(encodePem("CERTIFICATE", made.certificate.der));
  const answers = [file, made.certificate.der, pem, new Uint8Array(0)].map(isPkcs12);
  assertEquals(answers, [true, false, false, false]);
});

Deno.test({
  name: "parsePkcs12() reads what openssl exports, and says so where that is encrypted as of old",
  ignore: !hasOpenssl,
  async fn() {
    await using directory = await tempDirectory();
    const { path } = directory;
    await Deno.writeTextFile(`${path}/a.crt`, encodePem("CERTIFICATE", made.certificate.der));
    await Deno.writeTextFile(`${path}/a.key`, await encodePrivateKeyPem(made.privateKey));
    const words = [
      "pkcs12",
      "-export",
      "-in",
      "a.crt",
      "-inkey",
      "a.key",
      "-passout",
      "pass:horse",
    ];
    const modern = await openssl(path, ...words, "-out", "new.p12");
    assert(modern.success, modern.text);
    const { certificates, keyCount } = await parsePkcs12(
      await Deno.readFile(`${path}/new.p12`),
      "horse",
    );
    assertEquals([certificates[0]?.serial, keyCount], [made.certificate.serial, 1]);
    const old = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-out", "old.p12"];
    const made3Des = await openssl(path, ...words, ...old);
    assert(made3Des.success, made3Des.text);
    const bytes = await Deno.readFile(`${path}/old.p12`);
    const error = await assertRejects(() => parsePkcs12(bytes, "horse"), CertificateError);
    assertEquals(error.reason, "unsupported");
  },
});
