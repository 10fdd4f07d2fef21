import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { dari, done, failed } from "../../support/dari_command.ts";
import { startServer } from "../../support/dari_server.ts";

Deno.test("dari completions prints a script for bash, zsh and fish", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { out, err, code } = await dari(["completions", shell]);
    assertEquals([err, code], ["", 0]);
    assertMatch(out, /dari completions --line -- /);
    const json = await dari(["completions", shell, "--json"]);
    assertEquals(JSON.parse(json.out), { script: out });
  }
});

Deno.test("dari completions refuses other shells, and none", async () => {
  assertEquals(
    await dari(["completions", "tcsh"]),
    failed(64, 'SHELL takes one of bash, zsh or fish, not "tcsh"'),
  );
  assertEquals((await dari(["completions"])).code, 64);
  assertEquals((await dari(["completions", "bash", "zsh"])).code, 64);
});

Deno.test("dari completions --line prints what to offer, with what it means", async () => {
  const line = (...words: string[]) => dari(["completions", "--line", "--", ...words]);
  assertEquals(await line("discover", "--na"), done("--names\tprint only the names"));
  assertEquals(await line("key", "ro"), done("rotate\tGive an API key a new secret"));
  assertEquals(await line("serve", ""), done(":file"));
  assertEquals(await line("serve", "--data", ""), done(":directory"));
  assertEquals(await line("bench", "--json", "--he"), done("--help\tshow this text"));
  assertEquals(await line("bench", "--", "--help", "--version", "x"), done(""));
});

Deno.test("dari completions --line asks the server that the line names for its methods", async () => {
  await using server = await startServer();
  const line = (...words: string[]) => dari(["completions", "--line", "--", "call", ...words]);
  assertEquals(
    await line("--data", server.data, "m"),
    done("multiply\tThe product of two numbers"),
  );
  const byTls = ["--to", server.tls, "--ca", `${server.data}/ca.crt`];
  const { out } = await line(...byTls, "");
  assert(out.split("\n").some((offer) => offer.startsWith("process_data\t")), out);
  assertEquals(await line("--data", `${server.directory}/none`, ""), done(""));
  const here = ["--data", server.data];
  assertEquals(await line(...here, "process_data", ""), done("data=\tarray\nprefix=\tstring"));
  for (const typed of [["prefix=x"], ["prefix", "=", "x"]]) {
    assertEquals(await line(...here, "process_data", ...typed, "d"), done("data=\tarray"));
  }
  assertEquals(await line(...here, "process_data", "data", "="), done(""));
  assertEquals(
    await line("--json", `--data=${server.data}`, "ec"),
    done("echo\tThe value as it came"),
  );
});

Deno.test("dari completions --line offers accounts, keys, sessions and certificates, and makes no store", async () => {
  await using server = await startServer();
  const here = ["--data", server.data];
  const line = (...words: string[]) => dari(["completions", "--line", "--", ...words]);
  await dari(["user", "add", "alice", "--role", "admin", "--no-password", ...here]);
  const { out: made } = await dari(["key", "create", "alice", "--name", "ci", "--json", ...here]);
  const { id } = JSON.parse(made);
  assertEquals(await line("user", "show", ...here, "al"), done("alice\tadmin"));
  assertEquals(await line("key", "revoke", ...here, ""), done(`${id}\talice: ci`));
  assertEquals(await line("session", "revoke", ...here, ""), done(""));
  const serials = (await line("cert", "revoke", ...here, "")).out.split("\n");
  for (const offer of serials) assertMatch(offer, /^[0-9a-f]{32}\tvalid: /);
  assertEquals(await line("cert", "revoke", ...here, "./x"), done(":file"));
  const none = `${server.directory}/none`;
  assertEquals(await line("user", "show", "--data", none, ""), done(""));
  await assertRejects(() => Deno.stat(none), Deno.errors.NotFound);
});
