import { assertEquals, assertStringIncludes } from "@std/assert";
import { startDari, type World } from "../support/dari_command.ts";
import { listen } from "../support/dari_server.ts";
import { tempDirectory } from "../support/temp.ts";

Deno.test("dari serve opens an encrypted authority with its passphrase, and starts without it", async () => {
  await using directory = await tempDirectory();
  const data = ["--data", `${directory.path}/data`];
  const file = `${directory.path}/passphrase`;
  await Deno.writeTextFile(file, "correct horse\n", { mode: 0o600 });
  const serve = (words: string[], world: World = {}) => {
    const server = startDari(["serve", ...words, ...data, ...listen], world);
    return { server, ready: server.waitFor("ready").then(() => "ready", () => "ended") };
  };
  const starts: [string[], World?][] = [
    [["--passphrase-file", file]], // the first start makes the authority
    [["--passphrase-stdin"], { input: "correct horse\n" }],
    [[], { prompts: ["correct horse"] }],
    [[], { prompts: [""] }],
    [[]],
  ];
  for (const [words, world] of starts) {
    await using server = serve(words, world).server;
    await server.waitFor("ready");
  }
  assertStringIncludes(await Deno.readTextFile(`${directory.path}/data/ca.key`), "ENCRYPTED");
  await Deno.writeTextFile(file, "wrong\n");
  const { server, ready } = serve(["--passphrase-file", file]);
  assertEquals(await ready, "ended");
  const { code, err } = await server.stop();
  assertEquals([code, err.includes("does not open the private key")], [77, true], err);
});
