import { assertEquals, assertStringIncludes } from "@std/assert";
import { dataDirectory, done, failed } from "../../../support/dari_command.ts";

Deno.test("dari user list shows each account with its roles and its state", async () => {
  await using data = await dataDirectory();
  assertEquals(await data.dari(["user", "list"]), done(""));
  await data.dari(["user", "add", "alice", "--no-password"]);
  await data.dari(["user", "add", "bob", "--no-password", "--role", "admin", "--role", "user"]);
  await data.dari(["user", "disable", "bob"]);
  assertEquals(
    await data.dari(["user", "list"]),
    done(
      "NAME   ROLES       STATE     LAST SIGN-IN\n" +
        "alice  user        active    never\n" +
        "bob    admin,user  disabled  never",
    ),
  );
});

Deno.test("dari user list --json prints one JSON array", async () => {
  await using data = await dataDirectory();
  assertEquals(await data.dari(["user", "list", "--json"]), done("[]"));
  await data.dari(["user", "add", "alice", "--no-password"]);
  const [alice, ...others] = JSON.parse((await data.dari(["user", "list", "--json"])).out);
  assertEquals([alice.name, alice.active, others], ["alice", true, []]);
});

Deno.test("dari user list takes no operand", async () => {
  await using data = await dataDirectory();
  assertEquals(
    await data.dari(["user", "list", "alice"]),
    failed(64, 'Unexpected "alice"; see dari user list --help'),
  );
});

Deno.test("dari user list refuses a damaged store, and says what to do", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  await Deno.writeTextFile(`${data.path}/dari.db`, "noise ".repeat(1_000));
  const { code, err } = await data.dari(["user", "list"]);
  assertEquals(code, 65);
  assertStringIncludes(err, "Restore it from a backup");
});
