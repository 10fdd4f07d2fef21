import { assertEquals, assertMatch } from "@std/assert";
import { dataDirectory, done, failed } from "../../../support/dari_command.ts";

Deno.test("dari user enable lets a disabled account sign in again", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  await data.dari(["user", "disable", "alice"]);
  assertEquals(await data.dari(["user", "enable", "alice"]), done("enabled alice"));
  assertMatch((await data.dari(["user", "show", "alice"])).out, /^active +yes$/m);
  assertEquals(await data.dari(["user", "enable", "alice", "--json"]), done('{"enabled":"alice"}'));
});

Deno.test("dari user enable says which account does not exist", async () => {
  await using data = await dataDirectory();
  const answer = failed(65, 'There is no account "nobody"');
  assertEquals(await data.dari(["user", "enable", "nobody"]), answer);
});
