import { assertEquals } from "@std/assert";
import { runningProxies, tellProxy } from "../../../lib/cli/proxying/running_proxies.ts";
import { limits } from "../../../lib/base/limits.ts";
import { tempDirectory } from "../../support/temp.ts";

const proxy = (name: string) => ({
  ...{ name, pid: Deno.pid, address: "tls://0.0.0.0:5433", service: "tcp://127.0.0.1:5432" },
});

Deno.test("proxies that run are found by their locks, and those that have ended are not", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  assertEquals(await runningProxies(path), []);
  assertEquals(await runningProxies(`${path}/none`), []);
  {
    using _one = await tellProxy(path, proxy("postgres"));
    using _other = await tellProxy(path, proxy("api"));
    using _again = await tellProxy(path, { ...proxy("api"), address: "tls://0.0.0.0:1" });
    assertEquals(await runningProxies(path), [proxy("api"), proxy("postgres")]);
    assertEquals((await Deno.stat(`${path}/proxy-api.lock`)).mode! & 0o777, 0o600);
  }
  assertEquals(await runningProxies(path), []);
});

Deno.test("a file that no proxy has written, and a directory that cannot be written, harm nobody", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const file = `${path}/proxy-odd.lock`;
  for (const text of ["", "{", "null", '{"name":1}', " ".repeat(limits.maxLockFileBytes + 1)]) {
    await Deno.writeTextFile(file, text);
    using held = await Deno.open(file, { read: true, write: true });
    await held.lock(true);
    assertEquals(await runningProxies(path), []);
  }
  using _none = await tellProxy(`${path}/none`, proxy("api"));
});
