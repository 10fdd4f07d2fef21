import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../lib/base/abort.ts";
import { TransportError } from "../../lib/base/errors.ts";
import { processConnection } from "../../lib/conformance/process_connection.ts";

const PATIENCE_MS = 10_000;
const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

Deno.test("processConnection() speaks with a program on its standard streams", async () => {
  const connection = await processConnection("cat", []);
  await connection.write(new TextEncoder().encode("hello\n"));
  assertEquals(text(await deadline(connection.read(), PATIENCE_MS)), "hello\n");
  await connection.endSending();
  assertEquals(await deadline(connection.read(), PATIENCE_MS), null);
  connection.close();
});

Deno.test("processConnection() ends a program that does not end by itself", async () => {
  const connection = await processConnection("sh", ["-c", "echo $$; exec sleep 600"]);
  const pid = Number(text(await deadline(connection.read(), PATIENCE_MS)));
  connection.close();
  const isThere = () => {
    try {
      Deno.kill(pid, "SIGCONT");
      return true;
    } catch {
      return false;
    }
  };
  const ended = async () => {
    while (isThere()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await deadline(ended(), PATIENCE_MS);
});

Deno.test("processConnection() says which program cannot be started", async () => {
  await assertRejects(
    () => processConnection("/no/such/program", []),
    TransportError,
    'Cannot start "/no/such/program"',
  );
});
