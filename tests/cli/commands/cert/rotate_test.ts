import { assertEquals, assertStringIncludes } from "@std/assert";
import { transcript } from "../../../support/cert_transcript.ts";
import { cert, certWorkshop } from "../../../support/cert_workshop.ts";

transcript(
  "rotate",
  `
$ dari cert rotate --dry-run --data DATA
next: prepare (a new authority is made and trusted; the old one still issues: copy ca.crt to all peers)
not moved: 1
  SERIAL  CN=leaf.internal  DATA/leaf.crt
$ dari cert rotate --apply --data DATA
done: prepare (a new authority is made and trusted; the old one still issues: copy ca.crt to all peers)
not moved: 1
  SERIAL  CN=leaf.internal  DATA/leaf.crt
$ dari cert rotate --apply --data DATA --json
{"applied":true,"step":"switch","notMoved":[{"atMs":MILLISECONDS,"serial":"SERIAL","authority":"DIGEST","subject":"CN=leaf.internal","names":["leaf.internal"],"purposes":["server"],"notBeforeMs":MILLISECONDS,"notAfterMs":MILLISECONDS,"key":"DIGEST","file":"DATA/leaf.crt"}]}
$ dari cert renew --all --data DATA
DATA/leaf.crt: renewed as SERIAL
$ dari cert rotate --apply --data DATA
done: finish (the old authority is trusted no longer: copy ca.crt to all peers)
not moved: 0
`,
);

Deno.test("dari cert rotate replaces the authority in three steps, and waits until every certificate was renewed", async () => {
  await using shop = await certWorkshop("--permit", ".internal", "--permit", "10.0.0.0/8");
  await shop.run("issue", "a.internal", "--out", shop.path("a"));
  const ca = ["--ca", `${shop.data}/ca.crt`];
  const verify = () => cert("verify", [shop.path("a.crt"), ...ca]);
  assertStringIncludes((await shop.run("rotate", "--dry-run")).out, "next: prepare");
  assertStringIncludes((await shop.run("rotate", "--apply")).out, "done: prepare");
  assertEquals((await verify()).code, 0);
  assertStringIncludes((await shop.run("rotate", "--apply")).out, "done: switch");
  assertEquals((await verify()).code, 0);
  const early = await shop.run("rotate", "--apply");
  assertEquals(early.code, 78);
  assertStringIncludes(early.err, "1 certificates of the old authority are still valid");
  const both = JSON.parse((await shop.run("crl", "--json")).out).file;
  assertEquals((await Deno.readTextFile(both)).match(/BEGIN X509 CRL/g)?.length, 2);
  assertStringIncludes((await shop.run("renew", "--all")).out, "renewed as");
  const done = await shop.run("rotate", "--apply");
  assertEquals(done.code, 0, done.err);
  assertEquals((await verify()).code, 0);
  const [description] = JSON.parse((await cert("inspect", [ca[1]!, "--json"])).out);
  assertEquals(description.permitted, ["internal", "10.0.0.0/8"]);
});
