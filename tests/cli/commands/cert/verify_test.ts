import { assertEquals } from "@std/assert";
import { decodePem } from "../../../../lib/cert/mod.ts";
import { transcript } from "../../../support/cert_transcript.ts";
import { cert, certWorkshop } from "../../../support/cert_workshop.ts";

transcript(
  "inspect and verify",
  `
$ dari cert inspect DATA/leaf.crt
subject    CN=leaf.internal
issuer     CN=dari authority NAME
serial     SERIAL
valid      TIME to TIME
key        ECDSA P-256
names      leaf.internal
authority  no
key usage  digitalSignature
good for   serverAuth
sha-256    DIGEST
key sha256 DIGEST
$ dari cert verify DATA/leaf.crt --ca DATA/ca.crt --name leaf.internal
trusted: CN=leaf.internal <- CN=dari authority NAME
$ dari cert verify DATA/leaf.crt --ca DATA/ca.crt --json
{"trusted":true,"path":["CN=leaf.internal","CN=dari authority NAME"]}
`,
);

Deno.test("dari cert verify --json says why in one word", async () => {
  await using shop = await certWorkshop();
  await shop.run("issue", "api.internal", "--out", shop.path("api"));
  const words = [shop.path("api.crt"), "--ca", `${shop.data}/ca.crt`, "--json"];
  for (
    const [more, reason] of [
      [["--name", "x.internal"], "name_mismatch"],
      [["--time", "2099-01-01"], "expired"],
      [["--time", "1999-01-01"], "not_yet_valid"],
      [["--purpose", "client"], "wrong_purpose"],
    ] as const
  ) {
    const { code, out } = await cert("verify", [...words, ...more]);
    const { error } = JSON.parse(out);
    assertEquals([code, error.code, error.reason], [65, "data", reason], error.message);
  }
  const { out } = await cert("verify", words);
  assertEquals(JSON.parse(out).trusted, true);
});

Deno.test("dari cert verify refuses what the data directory's authority has revoked", async () => {
  await using shop = await certWorkshop();
  await shop.run("issue", "a.internal", "--out", shop.path("a"));
  const words = [shop.path("a.crt"), "--ca", `${shop.data}/ca.crt`];
  assertEquals((await shop.run("verify", ...words)).code, 0);
  await shop.run("revoke", shop.path("a.crt"), "--reason", "keyCompromise");
  const { code, err } = await shop.run("verify", ...words);
  assertEquals([code, err.includes("is revoked since")], [65, true], err);
  const { out } = await cert("verify", [...words, "--json"], { env: { DARI_DATA: shop.data } });
  assertEquals(JSON.parse(out).error.reason, "revoked");
  assertEquals((await cert("verify", [...words, "--data", shop.path("none")])).code, 0);
});

Deno.test("dari cert verify --crl goes by the list of an authority elsewhere", async () => {
  await using shop = await certWorkshop();
  await using other = await certWorkshop();
  await shop.run("issue", "a.internal", "--out", shop.path("a"));
  await shop.run("issue", "b.internal", "--out", shop.path("b"));
  await shop.run("revoke", shop.path("a.crt"));
  await shop.run("crl");
  await other.run("crl");
  const verify = async (name: string, ...more: string[]) => {
    const words = [shop.path(name), "--ca", `${shop.data}/ca.crt`, "--data", other.data, "--json"];
    const { out } = await cert("verify", [...words, ...more]);
    return JSON.parse(out).error?.reason ?? "trusted";
  };
  const crl = ["--crl", `${shop.data}/ca.crl`];
  assertEquals(await verify("a.crt"), "trusted"); // nobody has said otherwise here
  assertEquals(await verify("a.crt", ...crl), "revoked");
  assertEquals(await verify("b.crt", ...crl), "trusted");
  assertEquals(await verify("b.crt", "--crl", `${other.data}/ca.crl`), "revocation_unknown");
  // As authorities publish it (RFC 5280 section 4.2.1.13).
  const [{ bytes } = { bytes: new Uint8Array() }] = decodePem(
    await Deno.readTextFile(`${shop.data}/ca.crl`),
  );
  await Deno.writeFile(shop.path("der.crl"), bytes);
  assertEquals(await verify("a.crt", "--crl", shop.path("der.crl")), "revoked");
  assertEquals(await verify("b.crt", "--crl", shop.path("der.crl")), "trusted");
  const none = await shop.run(
    "verify",
    shop.path("b.crt"),
    "--ca",
    `${shop.data}/ca.crt`,
    "--crl",
    shop.path("b.crt"),
  );
  assertEquals(
    none.err,
    `dari: "${shop.path("b.crt")}": The text holds no revocation list (X509 CRL)`,
  );
  const late = new Date(Date.now() + 8 * 24 * 60 * 60 * 1_000).toISOString();
  assertEquals(await verify("b.crt", ...crl, "--time", late), "revocation_outdated");
  assertEquals(await verify("a.crt", ...crl, "--time", late), "revoked");
});
