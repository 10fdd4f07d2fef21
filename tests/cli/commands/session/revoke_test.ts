import { assertEquals } from "@std/assert";
import { withIdentity } from "../../../../lib/cli/workspace/identity_store.ts";
import { peer } from "../../../support/identity.ts";
import { createIo, dataDirectory, done, failed } from "../../../support/dari_command.ts";

Deno.test("dari session revoke revokes one session, those of an account, or all", async () => {
  await using data = await dataDirectory();
  const revoke = (...words: string[]) => data.dari(["session", "revoke", ...words]);
  await data.dari(["user", "add", "alice", "--no-password"]);
  const { session } = await withIdentity(
    { data: data.path },
    createIo(),
    async ({ accounts, sessions }) => await sessions.create(await accounts.record("alice"), peer),
  );
  assertEquals(await revoke(session.id), done(`revoked ${session.id}`));
  assertEquals(await data.dari(["session", "list"]), done(""));
  assertEquals(await revoke("--user", "alice"), done("revoked alice"));
  assertEquals(await revoke("--all"), done("revoked all"));
  assertEquals(await revoke("--all", "--json"), done('{"revoked":"all"}'));
  assertEquals((await revoke("0123456789abcdef")).code, 65);
});

Deno.test("dari session revoke wants to know which sessions, and no more than that", async () => {
  await using data = await dataDirectory();
  const answer = failed(64, "Give one of ID, --user NAME and --all");
  for (const words of [[], ["x", "--all"], ["--user", "alice", "--all"]]) {
    assertEquals(await data.dari(["session", "revoke", ...words]), answer);
  }
});
