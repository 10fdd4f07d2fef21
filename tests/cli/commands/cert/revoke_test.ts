import { assertEquals, assertStringIncludes } from "@std/assert";
import { transcript } from "../../../support/cert_transcript.ts";
import { certWorkshop } from "../../../support/cert_workshop.ts";

transcript(
  "revoke, list and crl",
  `
$ dari cert revoke DATA/leaf.crt --reason keyCompromise --data DATA
revoked SERIAL (CN=leaf.internal): keyCompromise
$ dari cert list --data DATA
SERIAL  valid    authority      TIME  CN=dari authority NAME
SERIAL  revoked  server         TIME  CN=leaf.internal  leaf.internal
$ dari cert list --state revoked --csv --data DATA
serial,state,purpose,notAfter,subject,names
"SERIAL","revoked","server","TIME","CN=leaf.internal","leaf.internal"
$ dari cert list --purpose server --name leaf --json --data DATA
[{"serial":"SERIAL","state":"revoked","purposes":["server"],"notAfter":"TIME","subject":"CN=leaf.internal","names":["leaf.internal"]}]
$ dari cert crl --data DATA
DATA/ca.crl: 1 revoked
$ dari cert crl --out OUT/other.crl --data DATA --json
{"file":"OUT/other.crl","revoked":1}
`,
);

Deno.test("dari cert revoke takes the renewed certificate with it, and says so", async () => {
  await using shop = await certWorkshop();
  await shop.run("issue", "a.internal", "--out", shop.path("a"));
  const old = await Deno.readTextFile(shop.path("a.crt"));
  await shop.run("renew", shop.path("a.crt"));
  await Deno.writeTextFile(shop.path("old.crt"), old);
  const words = [shop.path("old.crt"), "--reason", "keyCompromise", "--json"];
  const { out } = await shop.run("revoke", ...words);
  assertEquals(JSON.parse(out).revokedWithIt.length, 1);
  const rows = JSON.parse((await shop.run("list", "--json")).out);
  assertEquals(rows.map(({ state }: { state: string }) => state), ["valid", "revoked", "revoked"]);
});

Deno.test("dari cert revoke refuses the authority's own certificate, and says what to do", async () => {
  await using shop = await certWorkshop();
  const { code, err } = await shop.run("revoke", `${shop.data}/ca.crt`);
  assertEquals([code, err.includes("dari cert rotate --apply")], [78, true], err);
});

Deno.test("dari cert revoke, list and crl agree", async () => {
  await using shop = await certWorkshop();
  await shop.run("issue", "a.internal", "--client", "--out", shop.path("a"));
  await shop.run("issue", "b.internal", "--out", shop.path("b"));
  const words = [shop.path("a.crt"), "--reason", "keyCompromise"];
  assertEquals((await shop.run("revoke", ...words)).code, 0);
  assertStringIncludes((await shop.run("revoke", ...words)).err, "is revoked since");
  assertStringIncludes((await shop.run("revoke", "00ff")).err, "no certificate with serial");
  const rows = JSON.parse((await shop.run("list", "--json")).out);
  assertEquals(rows.map(({ state }: { state: string }) => state), ["valid", "revoked", "valid"]);
  const csv = (await shop.run("list", "--csv", "--purpose", "client")).out.split("\n");
  assertEquals(csv.length, 2);
  assertStringIncludes((await shop.run("crl")).out, "1 revoked");
});
