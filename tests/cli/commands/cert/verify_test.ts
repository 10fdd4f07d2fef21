import { assertEquals } from "@std/assert";
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
