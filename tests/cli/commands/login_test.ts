import { assert, assertEquals, assertMatch } from "@std/assert";
import { dari, startDari, type Transcript } from "../../support/dari_command.ts";
import { tempDirectory } from "../../support/temp.ts";

const PASSWORD = "correct horse battery";

/** A server on a data directory with alice's account, and a user elsewhere. */
async function startServer() {
  const directory = await tempDirectory();
  const data = `${directory.path}/server`;
  const here = (words: string[], input = "") => dari([...words, "--data", data], { input });
  await here(["user", "add", "alice", "--password-stdin"], PASSWORD);
  await Deno.writeTextFile(
    `${data}/policy.json`,
    '{ "roles": { "user": ["*", "!multiply"], "certificate": ["add"] } }',
  );
  // A module of its own, since the samples are public.
  await Deno.writeTextFile(
    `${directory.path}/methods.ts`,
    "export const who = (_params, { principal }) => principal.name;\n" +
      "export const hang = () => new Promise(() => {});\n" +
      "export const multiply = ({ x, y }) => x * y;\n",
  );
  const module = `${directory.path}/methods.ts`;
  const server = startDari(["serve", module, "--data", data, "--listen", "tls://127.0.0.1:0"]);
  const out = await server.waitFor("ready");
  const address = /listening on (tls:\S+)/.exec(out)?.[1] ?? "";
  const client = `${directory.path}/client`;
  const to = ["--to", address, "--ca", `${data}/ca.crt`, "--data", client];
  return {
    address,
    client,
    here,
    /** Runs a command as a user of the server. */
    there: (words: string[], input = "") => dari([...words, ...to], { input }),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

const done = (out: string): Transcript => ({ out, err: "", code: 0 });

Deno.test("dari login signs later commands in, until dari logout", async () => {
  await using server = await startServer();
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
  await using server = await startServer();
  for (const name of ["alice", "nobody"]) {
    assertEquals(await server.there(["login", name, "--password-stdin"], "a wrong password"), {
      out: "",
      err: "dari: The credential was not accepted",
      code: 77,
    });
  }
  assertEquals((await server.there(["call", "who"])).code, 77);
  assertEquals((await server.there(["login"])).code, 64);
  const noTerminal = await server.there(["login", "alice"]);
  assertEquals([noTerminal.code, noTerminal.err.includes("--password-stdin")], [64, true]);
});

Deno.test("dari user unlock ends the lock that wrong passwords made, and user show tells of it", async () => {
  await using server = await startServer();
  const login = (password: string) =>
    server.there(["login", "alice", "--password-stdin", "--json"], password);
  for (let i = 0; i < 5; i++) assertEquals((await login("a wrong password")).code, 77);
  assertEquals((await login(PASSWORD)).code, 77);
  assertMatch((await server.here(["user", "show", "alice"])).out, /^locked until +\d{4}-/m);
  assertMatch((await server.here(["user", "list"])).out, /^alice +user +locked/m);
  assertEquals(await server.here(["user", "unlock", "alice"]), done("unlocked alice"));
  const { out, code } = await login(PASSWORD);
  assertEquals([JSON.parse(out).roles, code], [["user"], 0]);
  assert(!(await server.here(["user", "show", "alice"])).out.includes("locked"));
});

Deno.test("dari user passwd ends the session, which dari logout then forgets", async () => {
  await using server = await startServer();
  await server.there(["login", "alice", "--password-stdin"], PASSWORD);
  const cut = server.there(["call", "hang"]);
  const changed = await server.here(
    ["user", "passwd", "alice", "--password-stdin"],
    "a new password of hers",
  );
  assertEquals(changed, done("changed the password of alice"));
  // The server learns of it within a second; from then on the call is cut, or never let in.
  assert([69, 77].includes((await cut).code));
  const refused = await server.there(["call", "who"]);
  assertEquals([refused.out, refused.code], ["", 77]);
  assertEquals(await server.there(["logout"]), done(`signed out of ${server.address}`));
  assertEquals((await server.there(["login", "alice", "--password-stdin"], PASSWORD)).code, 77);
});

Deno.test("dari explain knows accounts, the socket's owner, certificates and scopes", async () => {
  await using server = await startServer();
  const rules: [words: string[], out: string, code: number][] = [
    [["alice", "who"], 'allowed: role "user" allows "*"', 0],
    [["ALICE", "multiply"], 'denied: role "user" denies "multiply"', 77],
    [["local", "multiply"], "allowed: the owner of this process may call everything", 0],
    [["certificate:worker-1", "add"], 'allowed: role "certificate" allows "add"', 0],
    [
      ["certificate:worker-1", "who"],
      'denied: no rule of its roles ("certificate") covers "who"',
      77,
    ],
    [
      ["alice", "who", "--scope", "reports.*"],
      'denied: role "user" allows "*", and no scope of the credential covers "who"',
      77,
    ],
    [["alice", "rpc.ping"], 'allowed: "rpc.ping" is public', 0],
  ];
  for (const [words, out, code] of rules) {
    assertEquals(await server.here(["explain", ...words]), { out, err: "", code });
  }
  assertEquals(await server.here(["explain", "nobody", "who"]), {
    out: "",
    err: 'dari: There is no account "nobody"',
    code: 65,
  });
});
