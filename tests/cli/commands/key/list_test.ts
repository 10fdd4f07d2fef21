import { assertEquals, assertMatch } from "@std/assert";
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
