import { assertEquals, assertMatch } from "@std/assert";
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
