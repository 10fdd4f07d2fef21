import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import { oid } from "../../../lib/cert/der/oid.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { parseCertificates } from "../../../lib/cert/mod.ts";
import { plainEcdsa, verifySignature } from "../../../lib/cert/key/signature.ts";
import { hasOpenssl, openssl } from "../../support/openssl.ts";
import { testVectors, type Wycheproof } from "../../support/vectors.ts";
import { tempDirectory } from "../../support/temp.ts";

if (!hasOpenssl) console.log("no openssl: its kinds of signature are not tested");

interface SignatureGroup {
  readonly publicKeyDer: string;
}
interface SignatureCase {
  readonly msg: string;
  readonly sig: string;
}

testVectors<Wycheproof<SignatureGroup, SignatureCase>>(
  "verifySignature() judges every ECDSA P-256 signature of Wycheproof in DER",
  "ecdsa_secp256r1_sha256_test.json",
  async ({ testGroups }) => {
    const writer = await loadDerWriter();
    const id = writer.sequence(writer.oid(oid.ecdsaWithSha256));
    const signatureAlgorithm = writer.encode(id);
    for (const { publicKeyDer, tests } of testGroups) {
      for (const { tcId, comment, msg, sig, result } of tests) {
        const signed = { tbs: decodeHex(msg), signature: decodeHex(sig), signatureAlgorithm };
        const verdict = await verifySignature(signed, decodeHex(publicKeyDer));
        assertEquals(verdict, result === "valid", `${tcId} ${comment}`);
      }
    }
  },
);

/** A certificate that openssl has signed by itself, with these words about key and signature. */
async function selfSigned(...words: string[]) {
  await using directory = await tempDirectory();
  const { success, text } = await openssl(
    directory.path,
    ...["req", "-x509", "-nodes", "-subj", "/CN=x", "-keyout", "k", "-out", "c", "-newkey"],
    ...words,
  );
  assert(success, text);
  return parseCertificates(await Deno.readTextFile(`${directory.path}/c`))[0];
}

const pss = (saltLength: string) => [
  ...["-sigopt", "rsa_padding_mode:pss", "-sigopt", `rsa_pss_saltlen:${saltLength}`],
];

for (
  const words of [
    ["rsa:2048", "-sha256"],
    ["rsa:2048", "-sha512"],
    ["rsa:2048", "-sha256", ...pss("32")],
    ["rsa:2048", "-sha384", ...pss("48")],
    ["ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"],
    ["ec", "-pkeyopt", "ec_paramgen_curve:P-521", "-sha512"],
    ["ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-sha512"],
    ["ed25519"],
  ]
) {
  Deno.test({
    name: `verifySignature() takes openssl's ${words.join(" ")}, and nothing that was changed`,
    ignore: !hasOpenssl,
    async fn() {
      const certificate = await selfSigned(...words);
      assert(await verifySignature(certificate, certificate.publicKey));
      const tbs = certificate.tbs.slice();
      tbs[tbs.length - 1]! ^= 1;
      assert(!await verifySignature({ ...certificate, tbs }, certificate.publicKey));
      const signature = certificate.signature.slice();
      signature[signature.length - 1]! ^= 1;
      assert(!await verifySignature({ ...certificate, signature }, certificate.publicKey));
      const { publicKey } = await selfSigned(...words);
      assert(!await verifySignature(certificate, publicKey), "another's key");
    },
  });
}

for (
  const [words, reason] of [
    [["rsa:2048", "-sha1"], "weak or unknown"],
    [["rsa:1024", "-sha256"], "1024 bits"],
    [["rsa:2048", "-sha256", ...pss("64")], "not in common use"],
    [["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"], "elliptic curve"],
  ] as const
) {
  Deno.test({
    name: `verifySignature() refuses openssl's ${words.join(" ")}`,
    ignore: !hasOpenssl,
    async fn() {
      const certificate = await selfSigned(...words);
      await assertRejects(
        () => verifySignature(certificate, certificate.publicKey),
        DariError,
        reason,
      );
    },
  });
}

Deno.test({
  name: "verifySignature() does not take one kind of key for another",
  ignore: !hasOpenssl,
  async fn() {
    const rsa = await selfSigned("rsa:2048", "-sha256");
    const curve = ["-pkeyopt", "ec_paramgen_curve:P-256"];
    const ec = await selfSigned("ec", ...curve, "-sha256");
    const ed = await selfSigned("ed25519");
    for (const certificate of [rsa, ec, ed]) {
      for (const { publicKey } of [rsa, ec, ed].filter((other) => other !== certificate)) {
        assert(!await verifySignature(certificate, publicKey));
      }
    }
  },
});

Deno.test("plainEcdsa() takes two positive numbers of the curve's size in DER, and nothing else", () => {
  const der = (hex: string) => Uint8Array.fromHex(hex);
  assertEquals(plainEcdsa(der("3006020101020102"), 2)?.toHex(), "00010002");
  assertEquals(plainEcdsa(der("300702020080020102"), 1)?.toHex(), "8002");
  for (
    const hex of [
      "",
      "3000",
      "3003020101",
      "300602010102010200",
      "3009020101020102020103",
      "3006020181020102", // negative
      "300702020001020102", // a leading zero too many
      "300702020101020102", // more than one octet
    ]
  ) {
    assertEquals(plainEcdsa(der(hex), 1), undefined, hex);
  }
});
