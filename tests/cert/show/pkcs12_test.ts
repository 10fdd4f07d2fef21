import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { makeSelfSigned } from "../../../lib/cert/authority/self_signed.ts";
import { parseCertificates } from "../../../lib/cert/x509/certificate.ts";
import { decodePrivateKeyPem } from "../../../lib/cert/key/private_key.ts";
import { readSmallInteger, readWhole } from "../../../lib/cert/der/reader.ts";
import { encodePkcs12 } from "../../../lib/cert/show/pkcs12.ts";
import { hasOpenssl, openssl } from "../../support/openssl.ts";
import { tempDirectory } from "../../support/temp.ts";

const made = await makeSelfSigned("a.internal", { algorithm: "ecdsa-p256" });

Deno.test("encodePkcs12() writes version 3, and nothing of the key in the clear", async () => {
  const file = await encodePkcs12([made.certificate], made.privateKey, "correct horse");
  assertEquals(readSmallInteger(readWhole(file)), 3);
  const secret = made.privateKey.subarray(-32).toHex();
  assert(!file.toHex().includes(secret));
});

Deno.test("encodePkcs12() refuses an empty passphrase", async () => {
  const error = await assertRejects(
    () => encodePkcs12([made.certificate], made.privateKey, ""),
    DariError,
  );
  assertEquals(error.code, "usage");
});

Deno.test({
  name: "openssl opens a PKCS#12 file with its passphrase alone, key, leaf and chain",
  ignore: !hasOpenssl,
  async fn() {
    await using directory = await tempDirectory();
    const other = await makeSelfSigned("b.internal", { algorithm: "ecdsa-p256" });
    const chain = [made.certificate, other.certificate] as const;
    const file = await encodePkcs12(chain, made.privateKey, "안녕 horse");
    await Deno.writeFile(`${directory.path}/a.p12`, file);
    const open = (passphrase: string) =>
      openssl(directory.path, "pkcs12", "-in", "a.p12", "-nodes", "-passin", `pass:${passphrase}`);
    const { success, text } = await open("안녕 horse");
    assert(success, text);
    assertMatch(text, /friendlyName: a\.internal/);
    assertEquals(await decodePrivateKeyPem(text), made.privateKey);
    const serials = parseCertificates(text).map(({ serial }) => serial).sort();
    assertEquals(serials, chain.map(({ serial }) => serial).sort());
    assert(!(await open("wrong")).success);
  },
});
