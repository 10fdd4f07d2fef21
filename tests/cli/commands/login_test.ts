import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { permissions } from "../../../lib/packaging/permissions.ts";
import { PASSWORD, startAccountServer } from "../../support/account_server.ts";
import { dari, done, failed } from "../../support/dari_command.ts";
import { startServer } from "../../support/dari_server.ts";
import { tempDirectory } from "../../support/temp.ts";
import { fingerprintIn, trustingUser } from "../../support/trusting_user.ts";
import { keyPairAlgorithms, pemPair } from "../../support/identity_keys.ts";

const cli = new URL("../../../cli.ts", import.meta.url).pathname;

Deno.test("dari login signs later commands in, until dari logout", async () => {
  await using server = await startAccountServer();
  assertEquals((await server.there(["call", "who"])).code, 77);
  const signedIn = await server.there(["login", "Alice", "--password-stdin"], `${PASSWORD}\n`);
  assertMatch(signedIn.out, /^signed in as Alice \(user\) until \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
  assertEquals([signedIn.err, signedIn.code], ["", 0]);
  assertEquals((await Deno.stat(`${server.client}/sessions.json`)).mode! & 0o777, 0o600);
  assertEquals(await server.there(["call", "who"]), done('"alice"'));
  assertEquals(await server.there(["call", "multiply", "x=2", "y=3"]), {
    out: "",
    err: 'dari: You may not call "multiply"',
    code: 77,
  });
  const [head = "", row = "", ...more] = (await server.here(["session", "list"])).out.split("\n");
  assertMatch(head, /^ID +ACCOUNT +SINCE +UNTIL +ADDRESS +PROGRAM$/);
  assertMatch(row, /^[0-9a-f]{16} +alice .* 127\.0\.0\.1:\d+ +dari login \S+$/);
  assertEquals(more, []);
  assertEquals(await server.there(["logout"]), done(`signed out of ${server.address}`));
  assertEquals(await server.here(["session", "list"]), done(""));
  assertEquals((await server.there(["call", "who"])).code, 77);
  assertEquals(await server.there(["logout"]), {
    out: "",
    err: `dari: Nobody is signed in to ${server.address}`,
    code: 65,
  });
});

Deno.test("dari login refuses a wrong password in one line, and keeps nothing", async () => {
  await using server = await startAccountServer();
  for (const name of ["alice", "nobody"]) {
    assertEquals(await server.there(["login", name, "--password-stdin"], "a wrong password"), {
      out: "",
      err: "dari: The credential was not accepted",
      code: 77,
    });
  }
  assertEquals((await server.there(["call", "who"])).code, 77);
  const missing = await server.there(["login"]);
  assertEquals([missing.code, missing.err.split(";")[0]], [64, "dari: Missing NAME"]);
  const noTerminal = await server.there(["login", "alice"]);
  assertEquals([noTerminal.code, noTerminal.err.includes("--password-stdin")], [64, true]);
});

Deno.test("dari login asks for the password, or reads it from a file", async () => {
  await using server = await startAccountServer();
  const asked: string[] = [];
  const onPrompt = (message: string) => asked.push(message);
  const { code } = await server.there(["login", "alice"], "", { prompts: [PASSWORD], onPrompt });
  assertEquals([code, asked], [0, ["Password:"]]);
  const file = `${server.client}/password`;
  await Deno.writeTextFile(file, PASSWORD, { mode: 0o600 });
  assertEquals((await server.there(["login", "alice", "--password-file", file])).code, 0);
  await Deno.chmod(file, 0o644);
  assertEquals((await server.there(["login", "alice", "--password-file", file])).code, 78);
});

Deno.test("dari login names what is missing", async () => {
  const example = "dari login alice --to tls://localhost:9090 --ca .dari/ca.crt";
  assertEquals(await dari(["login"]), failed(64, `Missing NAME; for instance: ${example}`));
});

Deno.test("dari login and logout go to the server of dari use, and ask for one where there is none", async () => {
  await using server = await startServer();
  await using user = await trustingUser();
  await using directory = await tempDirectory();
  await dari(["user", "add", "alice", "--password-stdin", "--data", server.data], {
    input: "correct horse battery\n",
  });
  const login = ["login", "alice", "--password-stdin"];
  const input = "correct horse battery\n";
  const nowhere = await user.dari(login, { input });
  assertEquals(nowhere.code, 64);
  assertStringIncludes(nowhere.err, "Missing --to ADDRESS: name the server here, or with dari use");
  const fingerprint = await fingerprintIn(server.data);
  await user.dari(["trust", server.tls, "--fingerprint", fingerprint]);
  await user.dari(["use", server.tls]);
  const run = async (words: readonly string[]) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", ...permissions, cli, ...words],
      cwd: directory.path,
      env: { NO_COLOR: "1", XDG_CONFIG_HOME: user.directory.replace(/\/dari$/, "") },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    return new TextDecoder().decode((await child.output()).stdout);
  };
  assertStringIncludes(await run(login), "signed in as alice");
  // It is kept where dari use keeps the server, so that it counts in every directory.
  assertEquals(await Array.fromAsync(Deno.readDir(directory.path)), []);
  assertEquals((await Deno.stat(`${user.directory}/sessions.json`)).mode! & 0o777, 0o600);
  const [, row = ""] = (await dari(["session", "list", "--data", server.data])).out.split("\n");
  assertMatch(row, / alice /);
  const elsewhere = await user.dari(["logout", "--to", server.tls, "--data", directory.path]);
  assertEquals(elsewhere, failed(65, `Nobody is signed in to ${server.tls}`));
  assertEquals(await user.dari(["logout"]), done(`signed out of ${server.tls}`));
  assertEquals(await dari(["session", "list", "--data", server.data]), done(""));
});

Deno.test("dari login --key-file names the file where it is no key or another one, and not where the server refuses", async () => {
  await using server = await startAccountServer();
  const file = `${server.client}/alice.key`;
  const login = async (pem: string) => {
    await Deno.writeTextFile(file, pem, { mode: 0o600 });
    return await server.there(["login", "alice", "--key-file", file]);
  };
  await Deno.mkdir(server.client, { mode: 0o700 });
  const { publicKey, privateKey } = await pemPair(keyPairAlgorithms["P-256"]);
  await Deno.writeTextFile(`${server.client}/alice.pub`, publicKey);
  await server.here(["user", "grant", "alice", "--public-key", `${server.client}/alice.pub`]);
  assertEquals((await login(privateKey)).code, 0);
  const none = await login("no PEM");
  assertEquals([none.code, none.err.startsWith(`dari: "${file}": `)], [65, true], none.err);
  const kind = await login((await pemPair(keyPairAlgorithms.Ed25519)).privateKey);
  assertEquals([kind.code, kind.err.startsWith(`dari: "${file}": `)], [77, true], kind.err);
  const stranger = await login((await pemPair(keyPairAlgorithms["P-256"])).privateKey);
  assertEquals([stranger.code, stranger.err], [77, "dari: The credential was not accepted"]);
});
