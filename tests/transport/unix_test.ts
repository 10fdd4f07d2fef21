import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { connectUnix, listenUnix } from "../../lib/transport/unix.ts";
import { tempDirectory } from "../support/temp.ts";

/** Leaves a socket file behind, as a server that was killed does. */
async function leaveStaleSocket(path: string): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `Deno.listen({ transport: "unix", path: ${JSON.stringify(path)} });
      Deno.kill(Deno.pid, "SIGKILL");`,
    ],
    stdout: "null",
    stderr: "null",
  });
  const { signal } = await command.output();
  assertEquals(signal, "SIGKILL");
  assert((await Deno.lstat(path)).isSocket);
}

Deno.test("listenUnix() makes a socket of mode 0600, in a directory open to others as well", async () => {
  await using directory = await tempDirectory();
  for (const mode of [0o700, 0o755]) {
    await Deno.chmod(directory.path, mode);
    const listener = await listenUnix(`${directory.path}/s${mode}`);
    const status = await Deno.lstat(`${directory.path}/s${mode}`);
    assertEquals([status.isSocket, (status.mode ?? 0) & 0o777], [true, 0o600]);
    const near = await connectUnix(`${directory.path}/s${mode}`);
    near.abort();
    listener.close();
  }
  assertEquals([...Deno.readDirSync(directory.path)].length, 0, "something was left behind");
});

Deno.test("listenUnix() replaces the socket of a server that died", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  await leaveStaleSocket(path);
  const listener = await listenUnix(path);
  const near = await connectUnix(path);
  near.abort();
  listener.close();
});

Deno.test("listenUnix() leaves the socket of a living server alone", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  const listener = await listenUnix(path);
  const error = await assertRejects(
    () => listenUnix(path),
    TransportError,
    "another server answers",
  );
  assertEquals(error.code, "unavailable");
  const near = await connectUnix(path);
  near.abort();
  listener.close();
});

Deno.test("listenUnix() leaves a file that is not a socket alone", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  await Deno.writeTextFile(path, "precious");
  await assertRejects(() => listenUnix(path), TransportError, "is not a socket");
  assertEquals(await Deno.readTextFile(path), "precious");
});

Deno.test("listenUnix() and connectUnix() say what is missing", async () => {
  await using directory = await tempDirectory();
  await assertRejects(
    () => listenUnix(`${directory.path}/none/s`),
    TransportError,
    "Cannot listen",
  );
  await assertRejects(
    () => connectUnix(`${directory.path}/s`),
    TransportError,
    "no server listens",
  );
});

Deno.test("a closed listener takes its file away and its connections stay", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  const listener = await listenUnix(path);
  const near = await connectUnix(path);
  for await (const far of listener) {
    listener.close();
    await near.send("still here\n");
    assertEquals(await far.receive(), "still here\n");
    far.abort();
  }
  await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
  near.abort();
});
