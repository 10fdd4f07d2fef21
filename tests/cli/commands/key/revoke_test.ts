import { assertEquals, assertMatch } from "@std/assert";
import { dataDirectory, done } from "../../../support/dari_command.ts";

Deno.test("dari key revoke revokes a key", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  const id = (await data.dari(["key", "create", "alice"])).out.slice(5, 17);
  assertEquals(await data.dari(["key", "revoke", id]), done(`revoked ${id}`));
  assertMatch((await data.dari(["key", "list"])).out, new RegExp(`^${id} .* revoked `, "m"));
  assertEquals(await data.dari(["key", "revoke", id, "--json"]), done(`{"revoked":"${id}"}`));
  assertEquals((await data.dari(["key", "revoke", "0".repeat(12)])).code, 65);
});
