import { assert, assertEquals, assertMatch } from "@std/assert";
import { PASSWORD, startAccountServer } from "../../../support/account_server.ts";
import { dataDirectory, done, failed } from "../../../support/dari_command.ts";

Deno.test("dari user unlock takes an account that is not locked as well", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  assertEquals(await data.dari(["user", "unlock", "alice"]), done("unlocked alice"));
  const json = done('{"unlocked":"alice"}');
  assertEquals(await data.dari(["user", "unlock", "alice", "--json"]), json);
});

Deno.test("dari user unlock says which account does not exist", async () => {
  await using data = await dataDirectory();
  const answer = failed(65, 'There is no account "nobody"');
  assertEquals(await data.dari(["user", "unlock", "nobody"]), answer);
});

Deno.test("dari user unlock ends the lock that wrong passwords made", async () => {
  await using server = await startAccountServer();
  const login = (password: string) =>
    server.there(["login", "alice", "--password-stdin", "--json"], password);
  for (let i = 0; i < 5; i++) assertEquals((await login("a wrong password")).code, 77);
  assertEquals((await login(PASSWORD)).code, 77);
  assertMatch((await server.here(["user", "show", "alice"])).out, /^locked until +\d{4}-/m);
  assertMatch((await server.here(["user", "list"])).out, /^alice +user +locked/m);
  assertEquals(await server.here(["user", "unlock", "alice"]), done("unlocked alice"));
  const { out, code } = await login(PASSWORD);
  assertEquals([JSON.parse(out).roles, code], [["user"], 0]);
  assert(!(await server.here(["user", "show", "alice"])).out.includes("locked"));
});
