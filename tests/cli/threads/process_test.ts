// dari serve --threads as a process of its own: its permissions, its signals, its exit code.

import { assertEquals, assertMatch } from "@std/assert";
import { connect } from "../../../lib/endpoint/connect.ts";
import { deadline } from "../../../lib/base/abort.ts";
import { startProgram } from "../../support/program.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("dari serve --threads runs with the permissions of the task, and SIGTERM ends it in order", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const places = ["tls://localhost:0", "tcp://127.0.0.1:0"].flatMap((at) => ["--listen", at]);
  await using server = startProgram(
    ["serve", "--threads", "auto", "--data", data, "--log", "text", ...places],
  );
  const [, tls = ""] = await server.waitFor(/listening on (tls:\S+)/);
  const [, tcp = ""] = await server.waitFor(/listening on (tcp:\S+)/);
  await server.waitFor(/^ready$/m);
  const ca = await Deno.readTextFile(`${data}/ca.crt`);
  for (const address of [tls, tcp, `unix:${data}/dari.sock`]) {
    await using client = await connect(address, { ca });
    assertEquals(await client.call("add", { a: 10, b: 20 }), 30, address);
  }
  Deno.kill(server.pid, "SIGTERM");
  const { code, err } = await deadline(server.ended, 20_000);
  assertEquals(code, 0);
  assertMatch(err, /info the server has stopped drained=0 cut=0$/);
});

Deno.test("dari serve --threads ends although a thread computes for ever", async () => {
  await using directory = await tempDirectory();
  const module = `${directory.path}/methods.ts`;
  await Deno.writeTextFile(module, "export function loop(): void { for (;;); }");
  const words = ["--data", `${directory.path}/data`, "--listen", "tcp://127.0.0.1:0"];
  await using server = startProgram(
    ["serve", module, "--threads", "2", "--public", "loop", ...words],
  );
  const [, address = ""] = await server.waitFor(/listening on (tcp:\S+)/);
  await server.waitFor(/^ready$/m);
  await using client = await connect(address, { lifeSignMs: Infinity });
  const call = client.call("loop", {}, { timeoutMs: 100 }).catch(({ code }) => code);
  assertEquals(await call, "deadline_exceeded");
  // The second signal ends a server at once. Two that come together are one.
  const signals = setInterval(() => {
    try {
      Deno.kill(server.pid, "SIGTERM");
    } catch {
      // It has ended, and its output is not read to the end yet.
    }
  }, 50);
  const { code } = await deadline(server.ended, 10_000).finally(() => clearInterval(signals));
  assertEquals(code, 143);
});
