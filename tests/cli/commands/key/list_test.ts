import { assertEquals, assertMatch } from "@std/assert";
import { openIdentity } from "../../../../lib/auth/mod.ts";
import { openSqliteStore } from "../../../../lib/store/mod.ts";
import { TestClock } from "../../../support/clock.ts";
import { dataDirectory, done } from "../../../support/dari_command.ts";

Deno.test("dari key list shows the keys of one account or of all, and no secret", async () => {
  await using data = await dataDirectory();
  assertEquals(await data.dari(["key", "list"]), done(""));
  for (const name of ["alice", "bob"]) await data.dari(["user", "add", name, "--no-password"]);
  const create = ["key", "create", "alice", "--name", "ci", "--scope", "reports.*"];
  const { out: apiKey } = await data.dari(create);
  await data.dari(["key", "create", "bob"]);
  const id = apiKey.slice(5, 17);
  const { out, err, code } = await data.dari(["key", "list", "ALICE"]);
  const [head = "", row = "", ...more] = out.split("\n");
  assertEquals([err, code, more], ["", 0, []]);
  assertMatch(head, /^ID +ACCOUNT +NAME +STATE +SCOPES +EXPIRES +LAST USED$/);
  assertMatch(row, new RegExp(`^${id}  alice    ci    active  reports\\.\\*  never    never$`));
  const all = (await data.dari(["key", "list", "--json"])).out;
  assertEquals(JSON.parse(all).map(({ account }: { account: string }) => account).sort(), [
    "alice",
    "bob",
  ]);
  assertEquals(all.includes(apiKey.slice(18)), false);
});

/** A key of alice that expired an hour after the first of January 2026. */
async function createInThePast(directory: string): Promise<string> {
  await using store = await openSqliteStore(`${directory}/dari.db`);
  const clock = new TestClock();
  using identity = await openIdentity(store, { clock });
  const expiresAtMs = clock.now() + 3_600_000;
  const { key } = await identity.keys.create({ account: "alice", name: "old", expiresAtMs });
  return key.id;
}

Deno.test("dari key list tells active, expired and revoked keys apart", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  const create = async (...words: string[]) =>
    (await data.dari(["key", "create", "alice", ...words])).out.slice(5, 17);
  const expected: Record<string, string> = {
    [await create()]: "active",
    [await createInThePast(data.path)]: "expired",
    [await create("--expires", "1h")]: "active",
  };
  const revoked = await create();
  await data.dari(["key", "revoke", revoked]);
  expected[revoked] = "revoked";
  const keys: { id: string; state: string }[] = JSON.parse(
    (await data.dari(["key", "list", "--json"])).out,
  );
  assertEquals(Object.fromEntries(keys.map(({ id, state }) => [id, state])), expected);
  const { out } = await data.dari(["key", "list"]);
  for (const [id, state] of Object.entries(expected)) {
    assertMatch(out, new RegExp(`^${id} .* ${state} `, "m"));
  }
});
