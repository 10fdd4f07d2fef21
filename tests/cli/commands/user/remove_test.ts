import { assertEquals } from "@std/assert";
import { dataDirectory, done, failed } from "../../../support/dari_command.ts";

Deno.test("dari user remove removes an account", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  await data.dari(["user", "add", "bob", "--no-password"]);
  assertEquals(await data.dari(["user", "remove", "alice"]), done("removed alice"));
  assertEquals(await data.dari(["user", "remove", "bob", "--json"]), done('{"removed":"bob"}'));
  assertEquals(await data.dari(["user", "list"]), done(""));
  const answer = failed(65, 'There is no account "alice"');
  assertEquals(await data.dari(["user", "remove", "alice"]), answer);
});
