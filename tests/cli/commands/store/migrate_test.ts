import { assertEquals, assertStringIncludes } from "@std/assert";
import { dari } from "../../../support/dari_command.ts";
import { natsTest, startNats } from "../../../support/nats_server.ts";
import { tempDirectory } from "../../../support/temp.ts";

const PASSWORD = "correct horse battery";

natsTest("dari store migrate moves accounts into a cluster, where commands find them", async () => {
  await using nats = await startNats({ jetStream: true });
  await using directory = await tempDirectory();
  const here = (words: string[], input = "") =>
    dari([...words, "--data", `${directory.path}/data`], { input });
  await here(["user", "add", "alice", "--password-stdin"], PASSWORD);
  const to = `nats://${nats.at}/orders`;
  const moved = await here(["store", "migrate", "--to", to]);
  assertEquals(moved.code, 0, moved.err);
  assertStringIncludes(moved.out, `entries and 0 messages to ${to}`);
  await here(["user", "add", "bob", "--password-stdin"], PASSWORD);
  const listed = await here(["user", "list", "--json"]);
  assertEquals(JSON.parse(listed.out).map(({ name }: { name: string }) => name), [
    "alice",
    "bob",
  ]);
  // A backup of one server has what all of them share, and becomes the beginning of another cluster.
  const file = `${directory.path}/backup.age`;
  const backup = await here(["backup", file, "--passphrase-stdin"], PASSWORD);
  assertEquals(backup.code, 0, backup.err);
  assertStringIncludes(backup.out, "cluster.jsonl");
  await here(["user", "disable", "bob"]);
  const inPlace = await here(["restore", file, "--passphrase-stdin"], PASSWORD);
  assertEquals(inPlace.code, 78);
  assertStringIncludes(inPlace.err, "belongs to a cluster");
  const restored = `${directory.path}/restored`;
  const there = (words: string[], input?: string) =>
    dari([...words, "--data", restored], input === undefined ? {} : { input: `${input}\n` });
  const unknown = await there(["restore", file, "--passphrase-stdin"], PASSWORD);
  assertEquals(unknown.code, 78);
  assertStringIncludes(unknown.err, "what was revoked in the cluster");
  const words = ["restore", file, "--passphrase-stdin", "--no-record"];
  assertEquals((await there(words, PASSWORD)).code, 0);
  const again = await there(["store", "migrate", "--to", `nats://${nats.at}/again`]);
  assertEquals(again.code, 0, again.err);
  const names = JSON.parse((await there(["user", "list", "--json"])).out);
  assertEquals(names.map(({ name }: { name: string }) => name), ["alice", "bob"]);
  await here(["user", "enable", "bob"]);
  const back = JSON.parse((await here(["store", "migrate", "--to", "sqlite", "--json"])).out);
  assertEquals(back.from, back.now);
  assertEquals((await here(["user", "list", "--json"])).out, listed.out);
});

Deno.test("dari store migrate says what it takes", async () => {
  await using directory = await tempDirectory();
  const here = (...words: string[]) =>
    dari(["store", "migrate", ...words, "--data", `${directory.path}/data`]);
  for (const words of [[], ["--to", "postgres"], ["--to", "tls://localhost:9"]]) {
    assertEquals((await here(...words)).code, 64);
  }
  const none = await here("--to", "sqlite");
  assertEquals(none.code, 78);
  assertStringIncludes(none.err, "belongs to no cluster");
});
