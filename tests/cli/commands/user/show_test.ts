import { assertEquals, assertMatch } from "@std/assert";
import { dataDirectory, failed } from "../../../support/dari_command.ts";

Deno.test("dari user show prints an account, line by line and as JSON", async () => {
  await using data = await dataDirectory();
  const words = ["--no-password", "--email", "a@example.com", "--field", "team=core"];
  await data.dari(["user", "add", "alice", ...words]);
  await data.dari(["user", "grant", "alice", "--certificate", "worker-1"]);
  const { out, err, code } = await data.dari(["user", "show", "Alice"]);
  assertEquals([err, code], ["", 0]);
  assertEquals(out.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/, "MOMENT").split("\n"), [
    "name          alice",
    "e-mail        a@example.com",
    "team          core",
    "roles         user",
    "active        yes",
    "created       MOMENT",
    "last sign-in  never",
    "password      no",
    "certificate   worker-1",
  ]);
  const shown = JSON.parse((await data.dari(["user", "show", "alice", "--json"])).out);
  assertEquals([shown.name, shown.certificates], ["alice", ["worker-1"]]);
});

Deno.test("dari user show prints no trace of a password", async () => {
  await using data = await dataDirectory();
  const input = "correct horse battery";
  await data.dari(["user", "add", "alice", "--password-stdin"], { input });
  const { out } = await data.dari(["user", "show", "alice", "--json"]);
  assertMatch(out, /"hasPassword":true/);
  assertEquals(/pbkdf2|salt|stored/i.test(out) || out.includes(input), false);
});

Deno.test("dari user show says which account does not exist", async () => {
  await using data = await dataDirectory();
  const answer = failed(65, 'There is no account "alice"');
  assertEquals(await data.dari(["user", "show", "alice"]), answer);
});
