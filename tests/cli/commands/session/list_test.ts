import { assertEquals, assertMatch } from "@std/assert";
import { withIdentity } from "../../../../lib/cli/workspace/identity_store.ts";
import { peer } from "../../../support/identity.ts";
import { createIo, dataDirectory, done } from "../../../support/dari_command.ts";

Deno.test("dari session list shows the sessions of one account or of all", async () => {
  await using data = await dataDirectory();
  assertEquals(await data.dari(["session", "list"]), done(""));
  for (const name of ["alice", "bob"]) await data.dari(["user", "add", name, "--no-password"]);
  const { session } = await withIdentity(
    { data: data.path },
    createIo(),
    async ({ accounts, sessions }) => {
      await sessions.create(await accounts.record("bob"), peer);
      return await sessions.create(await accounts.record("alice"), peer);
    },
  );
  const { out, err, code } = await data.dari(["session", "list", "ALICE"]);
  const [head = "", row = "", ...more] = out.split("\n");
  assertEquals([err, code, more], ["", 0, []]);
  assertMatch(head, /^ID +ACCOUNT +SINCE +UNTIL +ADDRESS +PROGRAM$/);
  assertMatch(row, new RegExp(`^${session.id}  alice `));
  assertEquals(JSON.parse((await data.dari(["session", "list", "--json"])).out).length, 2);
});
