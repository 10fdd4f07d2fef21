import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dataDirectory, failed } from "../../../support/dari_command.ts";

Deno.test("dari key create prints a key once, and says so", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  const made = await data.dari(["key", "create", "alice", "--name", "ci"]);
  assertMatch(made.out, /^dari_[0-9a-f]{12}_[0-9A-Za-z]{49}$/);
  assertEquals([made.err, made.code], ["keep it now: it is not shown again", 0]);
});

Deno.test("dari key create --json prints the key with its name, scopes and end", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  const words = ["--scope", "reports.*", "--scope", "add", "--expires", "90d", "--json"];
  const before = Date.now();
  const { out, err } = await data.dari(["key", "create", "alice", ...words]);
  const { apiKey, account, name, scopes, expiresAtMs } = JSON.parse(out);
  assertEquals([err, account, name, scopes], ["", "alice", "key", ["reports.*", "add"]]);
  assertStringIncludes(apiKey, "dari_");
  const lifeMs = expiresAtMs - before;
  assertEquals(Math.round(lifeMs / 86_400_000), 90);
});

Deno.test("dari key create refuses a time that is none, and an account that does not exist", async () => {
  await using data = await dataDirectory();
  assertEquals(
    await data.dari(["key", "create", "alice", "--expires", "soon"]),
    failed(64, '--expires takes a time such as 500ms, 90s, 15m, 24h or 90d, not "soon"'),
  );
  assertEquals((await data.dari(["key", "create", "nobody"])).code, 65);
});
