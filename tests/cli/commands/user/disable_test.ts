import { assertEquals, assertMatch } from "@std/assert";
import { dataDirectory, done, failed } from "../../../support/dari_command.ts";

Deno.test("dari user disable disables an account", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  assertEquals(await data.dari(["user", "disable", "alice"]), done("disabled alice"));
  assertMatch((await data.dari(["user", "show", "alice"])).out, /^active +no$/m);
  assertEquals(
    await data.dari(["user", "disable", "alice", "--json"]),
    done('{"disabled":"alice"}'),
  );
});

Deno.test("dari user disable says which account does not exist", async () => {
  await using data = await dataDirectory();
  const answer = failed(65, 'There is no account "nobody"');
  assertEquals(await data.dari(["user", "disable", "nobody"]), answer);
});
