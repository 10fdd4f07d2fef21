import { assertEquals } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { command } from "../../../lib/cli/commands/call.ts";
import { runCommand } from "../../support/command_line.ts";

Deno.test("--timeout holds while connecting to a port that says nothing", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const accepting = listener.accept();
  const address = `tls://127.0.0.1:${port}`;
  const run = runCommand(command, ["add", "--to", address, "--timeout", "50ms"]);
  const { code, errors } = await deadline(run, 5_000);
  (await accepting).close();
  assertEquals([code, errors], [69, "dari: No connection within 50 ms"]);
});
