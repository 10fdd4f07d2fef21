import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { oid } from "../../../lib/cert/der/oid.ts";
import { type DerReader, readWhole } from "../../../lib/cert/der/reader.ts";
import { type DerNode, loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { decryptPbes2, encryptPbes2, readPbes2 } from "../../../lib/cert/key/pbes2.ts";
import { CertificateError } from "../../../lib/cert/reasons.ts";

const writer = await loadDerWriter();
/** What is decrypted must be one SEQUENCE, as a key is. */
const plain = writer.encode(writer.sequence(writer.integer(7)));

const contentsOf = (algorithm: DerNode) => readWhole(writer.encode(algorithm));

Deno.test("decryptPbes2() opens what encryptPbes2() made, by the same passphrase alone", async () => {
  const { algorithm, ciphertext } = await encryptPbes2(writer, plain, "correct horse");
  const parameters = readPbes2(contentsOf(algorithm));
  assertEquals(await decryptPbes2(parameters, ciphertext, "correct horse"), plain);
  for (const passphrase of ["wrong", "", "correct horse "]) {
    const error = await assertRejects(
      () => decryptPbes2(parameters, ciphertext, passphrase),
      CertificateError,
    );
    assertEquals([error.code, error.reason], ["permission_denied", "passphrase_wrong"]);
  }
});

Deno.test("encryptPbes2() takes a salt and a vector of its own each time", async () => {
  const [one, other] = await Promise.all([
    encryptPbes2(writer, plain, "correct horse"),
    encryptPbes2(writer, plain, "correct horse"),
  ]);
  const [a, b] = [one, other].map(({ algorithm }) => readPbes2(contentsOf(algorithm)));
  assertEquals(a!.salt.toHex() === b!.salt.toHex(), false);
  assertEquals(a!.iv.toHex() === b!.iv.toHex(), false);
  assertEquals(a!.iterations, 600_000);
});

/** An AlgorithmIdentifier by hand, as it should be but for what is given. */
function algorithmOf(wanted: {
  readonly scheme?: string;
  readonly hash?: string;
  readonly cipher?: string;
  readonly iterations?: number;
} = {}): DerReader {
  const { scheme = oid.pbes2, hash = oid.hmacWithSha256, cipher = oid.aes256Cbc } = wanted;
  const { iterations = 600_000 } = wanted;
  const derivation = writer.sequence(
    writer.oid(oid.pbkdf2),
    writer.sequence(
      writer.octetString(new Uint8Array(16)),
      writer.integer(iterations),
      writer.sequence(writer.oid(hash), writer.null()),
    ),
  );
  const encryption = writer.sequence(writer.oid(cipher), writer.octetString(new Uint8Array(16)));
  return contentsOf(writer.sequence(writer.oid(scheme), writer.sequence(derivation, encryption)));
}

for (
  const [what, options] of [
    ["PKCS#12's own encryption", { scheme: "1.2.840.113549.1.12.1.3" }],
    ["HMAC-SHA1", { hash: "1.2.840.113549.2.7" }],
    ["triple DES", { cipher: "1.2.840.113549.3.7" }],
    ["no iteration", { iterations: 0 }],
    ["iterations that take minutes", { iterations: 2_000_000_000 }],
  ] as const
) {
  Deno.test(`readPbes2() refuses ${what}`, () => {
    const error = assertThrows(() => readPbes2(algorithmOf(options)), CertificateError);
    assertEquals(error.reason, "unsupported");
  });
}

Deno.test("readPbes2() takes what dari writes", () => {
  assertEquals(readPbes2(algorithmOf()).iterations, 600_000);
});
