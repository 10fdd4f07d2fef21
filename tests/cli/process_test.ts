import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { delay } from "../../lib/base/abort.ts";
import { TransportError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { runProgram, startProgram } from "../support/program.ts";
import { tempDirectory } from "../support/temp.ts";

Deno.test("the program serves, is called, and ends in order when it is told to", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await using server = startProgram(["serve", "--data", data, "--listen", "tls://127.0.0.1:0"]);
  await server.waitFor(/^ready$/m);
  const [, tls = ""] = await server.waitFor(/listening on (tls:\S+)/);
  const words = ["call", "add", "a=10", "b=20", "--to", tls, "--ca", `${data}/ca.crt`];
  assertEquals(await runProgram(words), { code: 0, out: "30", err: "" });
  assertEquals((await runProgram(["call", "add", "a=1", "--data", data])).code, 65);
  Deno.kill(server.pid, "SIGTERM");
  assertEquals((await server.ended).code, 0);
  assertEquals((await runProgram(["call", "add", "--data", data])).code, 69);
});

Deno.test("the program's exit code and error line are those of the command", async () => {
  const { code, out, err } = await runProgram(["frob"]);
  assertEquals([code, out], [64, ""]);
  assertMatch(err, /^dari: There is no command "frob"; see dari --help$/);
});

const HANGING = `
export const hang = () => new Promise(() => {});
export const fail = () => { throw new Error("one\\ntwo"); };
`;

Deno.test("the first signal lets running calls finish, and the second ends the program at once", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await Deno.writeTextFile(`${directory.path}/methods.js`, HANGING);
  const words = ["serve", `${directory.path}/methods.js`, "--data", data];
  await using server = startProgram([...words, "--listen", "tls://127.0.0.1:0"]);
  await server.waitFor(/^ready$/m);
  await using client = await connect(`unix:${data}/dari.sock`);
  const hanging = client.call("hang").catch(() => {});
  assertEquals(await client.call("rpc.health"), { status: "SERVING" });
  Deno.kill(server.pid, "SIGINT");
  // The socket goes when the server has heard the signal.
  while (await Deno.stat(`${data}/dari.sock`).then(() => true, () => false)) await delay(5);
  const startedAt = performance.now();
  Deno.kill(server.pid, "SIGINT");
  assertEquals((await server.ended).code, 130);
  assert(performance.now() - startedAt < limits.drainTimeoutMs / 2, "it waited for the call");
  await hanging;
});

Deno.test("dari serve --json prints and logs one JSON value a line", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await Deno.writeTextFile(`${directory.path}/methods.js`, HANGING);
  const words = ["serve", `${directory.path}/methods.js`, "--data", data, "--json"];
  await using server = startProgram([...words, "--listen", "tls://127.0.0.1:0"]);
  const [line] = await server.waitFor(/^.+$/m);
  assertEquals(JSON.parse(line).ready, true);
  await using client = await connect(`unix:${data}/dari.sock`);
  await assertRejects(() => client.call("fail"));
  Deno.kill(server.pid, "SIGTERM");
  const { err } = await server.ended;
  const lines = err.split("\n").map((line) => JSON.parse(line));
  const [{ level, method, error }] = lines.filter(({ message }) => message === "a method failed");
  assertEquals([level, method, lines.length], ["error", "fail", 4]);
  assertMatch(error, /^Error: one\ntwo\n {4}at Object\.fail .*\n(?: {4}at .*\n?)+$/);
});

Deno.test("dari serve --max-connections bounds how many connections are open", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const words = ["serve", "--data", data, "--listen", "tls://127.0.0.1:0"];
  await using server = startProgram([...words, "--max-connections", "2"]);
  await server.waitFor(/^ready$/m);
  const address = `unix:${data}/dari.sock`;
  await using first = await connect(address);
  await using second = await connect(address);
  for (const client of [first, second]) assertEquals(await client.call("rpc.ping"), "pong");
  await assertRejects(async () => {
    await using third = await connect(address);
    await third.call("rpc.ping");
  }, TransportError);
});
