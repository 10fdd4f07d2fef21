import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { TransportError } from "../../../../lib/base/errors.ts";
import { connect } from "../../../../lib/endpoint/connect.ts";
import { dari, dataDirectory, done, failed } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";
import { PASSWORD } from "../../../support/identity.ts";
import { tempDirectory } from "../../../support/temp.ts";

/** Makes an API key of an account of a data directory; gives its text. */
async function keyOf(data: string, account: string): Promise<string> {
  const { out } = await dari(["key", "create", account, "--json", "--data", data]);
  return JSON.parse(out).apiKey;
}

Deno.test("dari revoke lists, asks, and disables an account with all that it has", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--password-stdin"], { input: PASSWORD });
  const { id } = JSON.parse((await data.dari(["key", "create", "alice", "--json"])).out);
  const plan = `user:alice has:
  account alice, signs in by password
  API key ${id} (default)
  (no server runs, so there are no connections)`;
  const named = (await data.dari(["key", "list", "--json"])).out;
  const shown = plan.replace("default", JSON.parse(named)[0].name);
  assertEquals(await data.dari(["revoke", "alice", "--what"]), done(shown));
  const message = "There is no terminal to ask on: give --yes, or --what to look";
  const asked = await data.dari(["revoke", "alice"]);
  assertEquals(asked, { out: "", err: `${shown}\ndari: ${message}`, code: 64 });
  for (const answer of ["n", "", "yes please"]) {
    const refused = await data.dari(["revoke", "alice"], { prompts: [answer] });
    assertEquals(refused, { out: "", err: `${shown}\ndari: Nothing was changed`, code: 75 });
  }
  const questions: string[] = [];
  const revoked = await data.dari(["revoke", "alice"], {
    prompts: ["y"],
    onPrompt: (question) => questions.push(question),
  });
  assertEquals(questions, ["End all of this? [y/N]"]);
  assertEquals([revoked.err, revoked.code], [shown, 0]);
  assertEquals(revoked.out.split("\n"), [
    "gone: account alice, signs in by password",
    `gone: API key ${id} (${JSON.parse(named)[0].name})`,
    "alice is disabled; dari user enable alice lets it sign in again",
  ]);
  const again = await data.dari(["revoke", "alice", "--yes"]);
  assertEquals(again, done("user:alice has nothing that still works"));
  const json = JSON.parse((await data.dari(["revoke", "alice", "--yes", "--json"])).out);
  assertEquals(json, { target: "user:alice", gone: [], failed: [], calls: 0, open: [] });
});

Deno.test("dari revoke refuses a name of several things, and one of nothing", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "db.internal", "--no-password"]);
  await data.dari(["cert", "init"]);
  await data.dari(["cert", "issue", "db.internal", "--out", `${data.path}/db`]);
  assertEquals(
    await data.dari(["revoke", "db.internal", "--yes"]),
    failed(64, '"db.internal" is ambiguous; write user:db.internal or host:db.internal'),
  );
  assertMatch((await data.dari(["revoke", "host:db.internal", "--yes"])).out, /^gone: certificate/);
  assertEquals((await data.dari(["revoke", "bob"])).code, 65);
});

const MODULE = "export const hang = () => new Promise(() => {});" +
  "export async function* ticks() { yield 1; await new Promise(() => {}); }";

for (const threads of [[], ["--threads", "2"]]) {
  Deno.test(`dari revoke ends connections, calls and streams (${threads.join(" ")})`, async () => {
    await using directory = await tempDirectory();
    const module = `${directory.path}/methods.ts`;
    await Deno.writeTextFile(module, MODULE);
    await using server = await startServer(module, ...threads);
    const data = ["--data", server.data];
    await dari(["user", "add", "alice", "--no-password", ...data]);
    await dari(["user", "add", "bob", "--no-password", ...data]);
    const ca = await Deno.readTextFile(`${server.data}/ca.crt`);
    const apiKey = await keyOf(server.data, "alice");
    await using hers = await connect(server.tls, { ca, apiKey });
    await using his = await connect(server.tls, { ca, apiKey: await keyOf(server.data, "bob") });
    const running = hers.call("hang");
    const kept = his.call("hang").catch(() => "ended");
    const stream = hers.stream("ticks")[Symbol.asyncIterator]();
    assertEquals((await stream.next()).value, 1);
    const ended = [running, stream.next()].map((each) =>
      assertRejects(() => each, TransportError, "ended")
    );
    const plan = JSON.parse((await dari(["revoke", "alice", "--what", "--json", ...data])).out);
    const [connection] = plan.connections;
    assertEquals(connection.calls.map(({ method }: { method: string }) => method).sort(), [
      "hang",
      "ticks",
    ]);
    const { out, code } = await dari(["revoke", "alice", "--yes", ...data]);
    await Promise.all(ended);
    assertEquals(code, 0);
    assertMatch(out, /^closed: 1 connection with 2 running calls$/m);
    // Nobody else is touched.
    assertEquals(await Promise.race([kept, his.call("rpc.ping")]), "pong");
  });
}

Deno.test("dari revoke --to has a server do it, for its administrators alone", async () => {
  await using server = await startServer();
  const data = ["--data", server.data];
  for (const [name, role] of [["root", "admin"], ["alice", "user"]] as const) {
    await dari(["user", "add", name, "--no-password", "--role", role, ...data]);
  }
  const keyFile = `${server.directory}/key`;
  const as = async (name: string, ...words: string[]) => {
    await Deno.writeTextFile(keyFile, await keyOf(server.data, name), { mode: 0o600 });
    const to = ["--to", server.tls, "--ca", `${server.data}/ca.crt`, "--api-key-file", keyFile];
    return await dari(["revoke", ...words, ...to, "--data", `${server.directory}/other`]);
  };
  const denied = await as("alice", "root", "--yes");
  assertEquals(denied, failed(77, 'You may not call "rpc.revoke"'));
  assertMatch((await as("root", "root", "--yes")).err, /is what you signed in with/);
  const { out, code } = await as("root", "alice", "--yes");
  assertMatch(out, /^gone: account alice\ngone: API key/);
  assertEquals(code, 0);
});
