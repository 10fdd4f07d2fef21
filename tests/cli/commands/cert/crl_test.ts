import { assertEquals, assertMatch } from "@std/assert";
import {
  encodePem,
  loadAuthority,
  makeRevocationList,
  parseRevocationLists,
} from "../../../../lib/cert/mod.ts";
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

Deno.test("dari cert crl --out replaces an older list, and nothing else", async () => {
  await using shop = await certWorkshop();
  const keyFile = `${shop.data}/ca.key`;
  const key = await Deno.readTextFile(keyFile);
  await Deno.writeTextFile(shop.path("notes"), "mine");
  await Deno.writeTextFile(shop.path("empty"), "");
  await Deno.symlink(keyFile, shop.path("link"));
  for (const out of [keyFile, shop.path("notes"), shop.path("empty"), shop.path("link")]) {
    const { code, err } = await shop.run("crl", "--out", out);
    assertEquals([code, err.includes("is not a revocation list")], [65, true], out);
  }
  assertEquals(await Deno.readTextFile(keyFile), key);
  assertEquals(await Deno.readTextFile(shop.path("notes")), "mine");
  assertEquals((await shop.run("crl")).code, 0);
  assertEquals((await shop.run("crl")).code, 0);
});

Deno.test("dari cert crl counts on from the list that it replaces, and from the last one that was made", async () => {
  await using shop = await certWorkshop();
  await shop.run("crl");
  const numberOf = async () =>
    parseRevocationLists(await Deno.readTextFile(`${shop.data}/ca.crl`))[0].number;
  const ahead = await loadAuthority(shop.data);
  const number = BigInt(Date.now()) + 10n ** 12n; // as a clock that was wrong left it
  const list = await makeRevocationList(ahead, [], undefined, number);
  await Deno.writeTextFile(`${shop.data}/ca.crl`, encodePem("X509 CRL", list));
  assertEquals((await shop.run("crl")).code, 0);
  assertEquals(await numberOf(), number + 2n);
  await Deno.remove(`${shop.data}/ca.crl`); // the ledger knows the number too
  assertEquals((await shop.run("crl")).code, 0);
  assertEquals(await numberOf(), number + 3n);
});
