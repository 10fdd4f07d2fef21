import { assertEquals } from "@std/assert";
import { transcript } from "../../../support/cert_transcript.ts";
import { certWorkshop } from "../../../support/cert_workshop.ts";

transcript(
  "renew",
  `
$ dari cert renew DATA/leaf.crt --data DATA
DATA/leaf.crt: renewed as SERIAL
$ dari cert renew --all --data DATA
nothing is due
$ dari cert renew --all --data DATA --json
[]
`,
);

Deno.test("dari cert renew keeps the key and marks the old certificate as renewed", async () => {
  await using shop = await certWorkshop();
  await shop.run("issue", "a.internal", "--out", shop.path("a"));
  const key = await Deno.readTextFile(shop.path("a.key"));
  const renewed = await shop.run("renew", shop.path("a.crt"));
  assertEquals(renewed.code, 0, renewed.err);
  assertEquals(await Deno.readTextFile(shop.path("a.key")), key);
  const rows = JSON.parse((await shop.run("list", "--name", "a.internal", "--json")).out);
  assertEquals(rows.map(({ state }: { state: string }) => state), ["renewed", "valid"]);
  assertEquals((await shop.run("renew", "--all")).out, "nothing is due");
});
