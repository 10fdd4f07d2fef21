import { assertEquals, assertMatch } from "@std/assert";
import { failed } from "../../../support/dari_command.ts";
import { cert, certWorkshop } from "../../../support/cert_workshop.ts";

Deno.test("dari cert list filters by state, purpose and name", async () => {
  await using shop = await certWorkshop();
  await shop.run("issue", "a.internal", "--client", "--out", shop.path("a"));
  await shop.run("issue", "b.internal", "--out", shop.path("b"));
  await shop.run("revoke", shop.path("b.crt"));
  const names = async (...words: string[]) =>
    JSON.parse((await shop.run("list", "--json", ...words)).out)
      .map(({ names }: { names: string[] }) => names);
  assertEquals(await names(), [[], ["a.internal"], ["b.internal"]]);
  assertEquals(await names("--state", "revoked"), [["b.internal"]]);
  assertEquals(await names("--purpose", "client"), [["a.internal"]]);
  assertEquals(await names("--purpose", "authority"), [[]]);
  assertEquals(await names("--name", "internal", "--state", "valid"), [["a.internal"]]);
});

Deno.test("dari cert list --csv prints a heading, and quotes every cell", async () => {
  await using shop = await certWorkshop();
  const subject = "O=My Company, CN=api";
  await shop.run("issue", "a.internal", "--subject", subject, "--out", shop.path("a"));
  const csv = await shop.run("list", "--csv", "--name", "a.internal");
  const [head, row = "", ...more] = csv.out.split("\n");
  assertEquals([head, more], ["serial,state,purpose,notAfter,subject,names", []]);
  assertMatch(
    row,
    /^"[0-9a-f]{32}","valid","server","[^"]+Z","O=My Company, CN=api","a\.internal"$/,
  );
});

Deno.test("dari cert list refuses states and purposes that there are not", async () => {
  assertEquals(
    await cert("list", ["--state", "lost"]),
    failed(64, '--state takes one of valid, renewed, expired or revoked, not "lost"'),
  );
  assertEquals(
    await cert("list", ["--purpose", "email"]),
    failed(64, '--purpose takes one of server, client or authority, not "email"'),
  );
});
