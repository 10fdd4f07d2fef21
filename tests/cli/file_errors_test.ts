import { assertEquals, assertStringIncludes } from "@std/assert";
import { dataDirectory } from "../support/dari_command.ts";

Deno.test("an error about what a file holds names the file", async () => {
  await using data = await dataDirectory();
  assertEquals((await data.dari(["cert", "init"])).code, 0);
  await data.dari(["user", "add", "alice", "--no-password"]);
  const ca = `${data.path}/ca.crt`;
  const nothing = "there is no certificate here\n";
  const damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  for (const text of [nothing, damaged]) {
    const file = `${data.path}/bad.crt`;
    const key = `${data.path}/bad.key`;
    for (const path of [file, key]) await Deno.writeTextFile(path, text, { mode: 0o600 });
    const to = ["--to", "tls://localhost:1"];
    const commands = [
      ["cert", "verify", file, "--ca", ca],
      ["cert", "verify", ca, "--ca", file],
      ["cert", "verify", ca, "--ca", ca, "--untrusted", file],
      ["cert", "inspect", file],
      ["cert", "sign", file],
      ["cert", "revoke", file],
      ["cert", "renew", file],
      ["cert", "export", `${data.path}/bad`],
      ["call", "add", ...to, "--ca", file],
      ["call", "add", ...to, "--cert", file, "--key", key],
      ["serve", "--cert", file, "--key", key],
      ["serve", "--client-ca", file],
      ["user", "grant", "alice", "--public-key", file],
    ];
    for (const words of commands) {
      const { err, code } = await data.dari(words);
      assertStringIncludes(err, `"${file}`, words.join(" "));
      assertEquals(code === 0 || code === 70, false, err);
    }
  }
});
