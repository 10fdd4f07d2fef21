import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { savedToken, saveSession } from "../../../lib/cli/workspace/saved_sessions.ts";
import { tempDirectory } from "../../support/temp.ts";

const HERE = "tls://localhost:9090";
const THERE = "tls://example.internal:9090";

Deno.test("saveSession() keeps a token for each server in a file of its owner", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  assertEquals(await savedToken(path, HERE), undefined);
  await saveSession(path, HERE, { token: "one" });
  await saveSession(path, THERE, { token: "two", expiresAtMs: Date.now() + 60_000 });
  assertEquals([await savedToken(path, HERE), await savedToken(path, THERE)], ["one", "two"]);
  assertEquals((await Deno.stat(`${path}/sessions.json`)).mode! & 0o777, 0o600);
});

Deno.test("saveSession() forgets one server and keeps the others", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  await saveSession(path, HERE, { token: "one" });
  await saveSession(path, THERE, { token: "two" });
  await saveSession(path, HERE, undefined);
  assertEquals([await savedToken(path, HERE), await savedToken(path, THERE)], [undefined, "two"]);
});

Deno.test("savedToken() gives no token of a session that is over", async () => {
  await using directory = await tempDirectory();
  await saveSession(directory.path, HERE, { token: "one", expiresAtMs: Date.now() });
  assertEquals(await savedToken(directory.path, HERE), undefined);
});

Deno.test("savedToken() refuses a file that is damaged or that others can read", async () => {
  await using directory = await tempDirectory();
  const file = `${directory.path}/sessions.json`;
  await Deno.writeTextFile(file, "{", { mode: 0o600 });
  const damaged = await assertRejects(() => savedToken(directory.path, HERE), DariError);
  assertEquals([damaged.code, damaged.message], [
    "data",
    `"${file}" is damaged; remove it and sign in again`,
  ]);
  await Deno.writeTextFile(file, "{}");
  await Deno.chmod(file, 0o644);
  const open = await assertRejects(() => savedToken(directory.path, HERE), DariError);
  assertEquals(open.code, "configuration");
});

Deno.test("a session is found however the address of its server is written", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  await saveSession(path, "localhost:9090", { token: "one" });
  for (const address of [HERE, "LocalHost:9090", "tls://LOCALHOST:09090"]) {
    assertEquals(await savedToken(path, address), "one");
  }
  assertEquals(await savedToken(path, "tls://localhost:9091"), undefined);
  assertEquals(await savedToken(path, "tcp://localhost:9090"), undefined);
  await saveSession(path, HERE, { token: "two" });
  assertEquals(await savedToken(path, "localhost:9090"), "two");
  await Deno.writeTextFile(`${path}/sessions.json`, '{"localhost:9090":{"token":"old"}}', {
    mode: 0o600,
  });
  assertEquals(await savedToken(path, HERE), "old");
});
