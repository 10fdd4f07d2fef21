import { assertEquals } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { done } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";
import { fingerprintIn, trustingUser } from "../../../support/trusting_user.ts";

Deno.test("dari use makes --to needless, until --local", async () => {
  await using server = await startServer();
  await using user = await trustingUser();
  const fingerprint = await fingerprintIn(server.data);
  const local = "commands use the server of the data directory";
  assertEquals(await user.dari(["use"]), done(local));
  await user.dari(["trust", server.tls, "--fingerprint", fingerprint]);
  assertEquals(await user.dari(["use", server.tls]), done(`commands use ${server.tls}`));
  assertEquals(await user.dari(["call", "add", "a=10", "b=20"]), done("30"));
  assertEquals(await user.dari(["use", "--json"]), done(JSON.stringify({ server: server.tls })));
  assertEquals(await user.dari(["use", "--local"]), done(local));
  assertEquals((await user.dari(["use", "box", "--local"])).code, 64);
});

Deno.test("dari use takes a host alone for the default port", async () => {
  await using user = await trustingUser();
  const cases: [typed: string, address: string][] = [
    ["box.example.com", `tls://box.example.com:${limits.defaultPort}`],
    ["10.0.0.5", "tls://10.0.0.5:9090"],
    ["[fd00::5]:1", "tls://[fd00::5]:1"],
    ["unix:/run/dari.sock", "unix:/run/dari.sock"],
  ];
  for (const [typed, address] of cases) {
    assertEquals(await user.dari(["use", typed]), done(`commands use ${address}`));
  }
});

Deno.test("who names a data directory means its server, whatever dari use says", async () => {
  await using server = await startServer();
  await using user = await trustingUser();
  await user.dari(["use", "nowhere.invalid"]);
  const call = ["call", "add", "a=1", "b=2"];
  assertEquals(await user.dari([...call, "--data", server.data]), done("3"));
  assertEquals(await user.dari(call, { env: { DARI_DATA: server.data } }), done("3"));
  assertEquals((await user.dari(call)).code, 69);
});
