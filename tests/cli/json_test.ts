import { assert, assertEquals } from "@std/assert";
import { commands } from "../../lib/cli/table.ts";
import { dari, dataDirectory } from "../support/dari_command.ts";

for (const name of Object.keys(commands)) {
  Deno.test(`dari ${name} --json tells an error as one JSON value of the one shape`, async () => {
    const { out, err, code } = await dari([...name.split(" "), "--no-such-option", "--json"]);
    const { error, ...others } = JSON.parse(out);
    assertEquals([err, code, others, error.code], ["", 64, {}, "usage"]);
    assertEquals(Object.keys(error), ["code", "message"]);
    assert(error.message.startsWith("There is no option --no-such-option; "), error.message);
  });
}

Deno.test("with --json a list is a list, also when it is empty, and so are its members", async () => {
  await using data = await dataDirectory();
  const read = async (...words: string[]) =>
    JSON.parse((await data.dari([...words, "--json"])).out);
  for (const noun of ["user", "session", "key"]) assertEquals(await read(noun, "list"), []);
  assertEquals(await read("cert", "list"), []);
  await data.dari(["user", "add", "alice", "--no-password", "--role", "admin", "--role", "user"]);
  const [{ roles, publicKeys, certificates }] = await read("user", "list");
  assertEquals([roles, publicKeys, certificates], [["admin", "user"], [], []]);
  await data.dari(["key", "create", "alice", "--scope", "a.*", "--scope", "b"]);
  assertEquals((await read("key", "list"))[0].scopes, ["a.*", "b"]);
  const { names, keyUsage, permitted } = await read("cert", "init");
  for (const list of [names, keyUsage, permitted]) assert(Array.isArray(list));
  const [{ names: held, purposes }] = await read("cert", "list");
  assertEquals([held, purposes], [[], ["authority"]]);
  assertEquals(await read("cert", "renew", "--all"), []);
});
