import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  listTrusted,
  readTrusted,
  removeTrusted,
  writeTrusted,
} from "../../../lib/cli/trust/trusted_servers.ts";
import { tempDirectory } from "../../support/temp.ts";

const box = { host: "box.example.com", port: 9090 };
const nothing = { apiKey: undefined, pair: undefined };

Deno.test("what is kept for a server counts for its host and port alone, however they are written", async () => {
  await using directory = await tempDirectory();
  const user = `${directory.path}/dari`;
  assertEquals(await readTrusted(user, box), undefined);
  await writeTrusted(user, box, { ca: "one" });
  await writeTrusted(user, { host: "fd00:0:0::5", port: 1 }, { ca: "two" });
  assertEquals(await readTrusted(user, { host: "BOX.example.com.", port: 9090 }), {
    ca: "one",
    ...nothing,
  });
  assertEquals(await readTrusted(user, { host: "FD00::5", port: 1 }), { ca: "two", ...nothing });
  assertEquals(await readTrusted(user, { ...box, port: 9091 }), undefined);
  assertEquals(await readTrusted(user, { ...box, host: "example.com" }), undefined);
  assertEquals(await listTrusted(user), ["[fd00::5]:1", "box.example.com:9090"]);
  assertEquals([await removeTrusted(user, box), await removeTrusted(user, box)], [true, false]);
  assertEquals(await listTrusted(user), ["[fd00::5]:1"]);
});

Deno.test("what signs in to a server is kept beside its authorities, for its owner alone", async () => {
  await using directory = await tempDirectory();
  const user = `${directory.path}/dari`;
  const pair = { cert: "cert", key: "key" };
  await writeTrusted(user, box, { ca: "ca" });
  await writeTrusted(user, box, { apiKey: "dari_x", pair });
  assertEquals(await readTrusted(user, box), { ca: "ca", apiKey: "dari_x", pair });
  const modeOf = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
  const place = `${user}/servers/box.example.com%3A9090`;
  for (const path of [user, `${user}/servers`, place]) assertEquals(await modeOf(path), 0o700);
  for await (const { name } of Deno.readDir(place)) {
    assertEquals(await modeOf(`${place}/${name}`), 0o600, name);
  }
  await Deno.chmod(`${place}/api.key`, 0o644);
  await assertRejects(() => readTrusted(user, box), DariError, "0644");
  await Deno.chmod(user, 0o755);
  await assertRejects(() => readTrusted(user, box), DariError, "is open to others");
});

Deno.test("a credential without an authority counts for nothing", async () => {
  await using directory = await tempDirectory();
  await writeTrusted(`${directory.path}/dari`, box, { apiKey: "dari_x" });
  assertEquals(await readTrusted(`${directory.path}/dari`, box), undefined);
  assertEquals(await listTrusted(`${directory.path}/dari`), []);
  assertEquals(await listTrusted(`${directory.path}/none`), []);
});
