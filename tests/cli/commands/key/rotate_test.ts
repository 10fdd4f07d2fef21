import { assertEquals, assertMatch } from "@std/assert";
import { dataDirectory } from "../../../support/dari_command.ts";

Deno.test("dari key rotate prints the key with a new secret", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  const { out: first } = await data.dari(["key", "create", "alice"]);
  const id = first.slice(5, 17);
  const second = await data.dari(["key", "rotate", id]);
  assertMatch(second.out, new RegExp(`^dari_${id}_[0-9A-Za-z]{49}$`));
  assertEquals([second.err, second.code], ["keep it now: it is not shown again", 0]);
  const words = ["key", "rotate", id, "--overlap", "1h", "--json"];
  const third = JSON.parse((await data.dari(words)).out).apiKey;
  assertEquals(new Set([first, second.out, third]).size, 3);
  assertEquals((await data.dari(["key", "rotate", id, "--overlap", "long"])).code, 64);
});
