import { assertEquals, assertMatch } from "@std/assert";
import { systemActor } from "../../../lib/endpoint/audit/system_actor.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("systemActor() names the user, or gives its number, and leaves no file behind", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const users = `${path}/passwd`;
  const { uid } = await Deno.stat(path);
  await Deno.writeTextFile(users, `other:x:${Number(uid) + 1}:0::/:\nme:x:${uid}:0::/:\n`);
  assertEquals(systemActor(path, users), "os:me");
  await Deno.writeTextFile(users, "");
  assertEquals(systemActor(path, users), `os:${uid}`);
  assertEquals(systemActor(path, `${path}/none`), `os:${uid}`);
  assertEquals((await Array.fromAsync(Deno.readDir(path))).length, 1);
});

Deno.test("systemActor() asks a new file where the program may not ask the system", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const module = new URL("../../../lib/endpoint/audit/system_actor.ts", import.meta.url).href;
  const code = `import { systemActor } from "${module}";
    console.log(systemActor("${path}"), systemActor("${path}/none"));`;
  const { stdout } = await run(code, path);
  const [named, unknown] = new TextDecoder().decode(stdout).trim().split(" ");
  assertMatch(named!, /^os:(?!unknown)./);
  assertEquals(unknown, "os:unknown");
});

async function run(code: string, path: string): Promise<Deno.CommandOutput> {
  const file = `${path}/program.ts`;
  await Deno.writeTextFile(file, code);
  return await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-config", "--allow-read", `--allow-write=${path}`, file],
  }).output();
}
