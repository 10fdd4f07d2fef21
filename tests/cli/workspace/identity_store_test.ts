import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { withIdentity } from "../../../lib/cli/workspace/identity_store.ts";
import { createIo } from "../../support/dari_command.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("withIdentity() works on the accounts of the data directory, and keeps them", async () => {
  await using directory = await tempDirectory();
  const io = createIo({ env: { DARI_DATA: `${directory.path}/data` } });
  const choice = { data: undefined };
  await withIdentity(choice, io, ({ accounts }) => accounts.add({ name: "alice" }));
  const names = await withIdentity(
    choice,
    io,
    async ({ accounts }) => (await accounts.list()).map(({ name }) => name),
  );
  assertEquals(names, ["alice"]);
  assertEquals((await Deno.stat(`${directory.path}/data`)).mode! & 0o777, 0o700);
});

Deno.test("withIdentity() refuses a data directory that others can use", async () => {
  await using directory = await tempDirectory();
  await Deno.chmod(directory.path, 0o755);
  const work = () => withIdentity({ data: directory.path }, createIo(), () => Promise.resolve());
  assertEquals((await assertRejects(work, DariError)).code, "configuration");
});
