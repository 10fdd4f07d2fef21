import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { generateKeyPair } from "../../../lib/cert/key/key_pair.ts";
import { decodePrivateKeyPem, encodePrivateKeyPem } from "../../../lib/cert/key/private_key.ts";
import { hasOpenssl, openssl } from "../../support/openssl.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("an encrypted private key opens with its passphrase alone", async () => {
  const { privateKey } = await generateKeyPair();
  const pem = await encodePrivateKeyPem(privateKey, "correct horse");
  assertStringIncludes(pem, "BEGIN ENCRYPTED PRIVATE KEY");
  assertEquals(await decodePrivateKeyPem(pem, "correct horse"), privateKey);
  for (const passphrase of ["wrong", "", "correct horse ", undefined]) {
    const error = await assertRejects(() => decodePrivateKeyPem(pem, passphrase), DariError);
    assertEquals(error.code, "permission_denied");
  }
});

Deno.test("encodePrivateKeyPem() refuses an empty passphrase", async () => {
  const { privateKey } = await generateKeyPair();
  await assertRejects(() => encodePrivateKeyPem(privateKey, ""), DariError, "is empty");
});

Deno.test("decodePrivateKeyPem() says what it found where a key belongs", async () => {
  const pem = (label: string) => `-----BEGIN ${label}-----\nMAA=\n-----END ${label}-----\n`;
  await assertRejects(() => decodePrivateKeyPem("nothing"), DariError, "no private key");
  await assertRejects(() => decodePrivateKeyPem(pem("RSA PRIVATE KEY")), DariError, "old form");
  await assertRejects(
    () => decodePrivateKeyPem(pem("ENCRYPTED PRIVATE KEY"), "x"),
    DariError,
    "Malformed DER",
  );
});

Deno.test({
  name: "openssl and dari read each other's encrypted private keys",
  ignore: !hasOpenssl,
  fn: async () => {
    await using directory = await tempDirectory();
    const { privateKey } = await generateKeyPair();
    const pem = await encodePrivateKeyPem(privateKey, "correct horse");
    await Deno.writeTextFile(`${directory.path}/a.key`, pem);
    const ask = (...words: string[]) => openssl(directory.path, "pkcs8", ...words);
    const pass = ["-passin", "pass:correct horse"];
    const plain = await ask("-in", "a.key", ...pass, "-nocrypt", "-topk8");
    assert(plain.success, plain.text);
    assertEquals(await decodePrivateKeyPem(plain.text), privateKey);
    const out = ["-topk8", "-v2", "aes256", "-passout", "pass:other", "-out", "b.key"];
    assert((await ask("-in", "a.key", ...pass, ...out)).success);
    const theirs = await Deno.readTextFile(`${directory.path}/b.key`);
    assertEquals(await decodePrivateKeyPem(theirs, "other"), privateKey);
    assert(
      (await ask(
        "-in",
        "b.key",
        "-passin",
        "pass:other",
        ...out.slice(0, 1),
        "-v2",
        "des3",
        "-passout",
        "pass:other",
        "-out",
        "c.key",
      )).success,
    );
    const old = await Deno.readTextFile(`${directory.path}/c.key`);
    await assertRejects(() => decodePrivateKeyPem(old, "other"), DariError, "convert it");
  },
});
