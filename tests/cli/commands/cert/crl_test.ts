import { assertEquals, assertMatch } from "@std/assert";
import { certWorkshop } from "../../../support/cert_workshop.ts";
import { done } from "../../../support/dari_command.ts";

Deno.test("dari cert crl writes the list into the data directory, readable for everyone", async () => {
  await using shop = await certWorkshop();
  const file = `${shop.data}/ca.crl`;
  assertEquals(await shop.run("crl"), done(`${file}: 0 revoked`));
  assertMatch(await Deno.readTextFile(file), /^-----BEGIN X509 CRL-----\n/);
  assertEquals((await Deno.stat(file)).mode! & 0o777, 0o644);
});

Deno.test("dari cert crl --out writes it elsewhere, and --json says where", async () => {
  await using shop = await certWorkshop();
  await shop.run("issue", "a.internal", "--out", shop.path("a"));
  await shop.run("revoke", shop.path("a.crt"));
  const out = shop.path("other.crl");
  assertEquals(
    await shop.run("crl", "--out", out, "--json"),
    done(JSON.stringify({ file: out, revoked: 1 })),
  );
  assertEquals((await Deno.stat(out)).isFile, true);
});
