import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
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

Deno.test("of many servers that start at once in the place of one that crashed, one gets the path", async () => {
  await using directory = await tempDirectory();
  for (const mode of [0o700, 0o755]) {
    await Deno.chmod(directory.path, mode);
    for (let round = 0; round < 5; round++) {
      const path = `${directory.path}/s${mode}${round}`;
      await leaveStaleSocket(path);
      const starts = await Promise.allSettled(Array.from({ length: 8 }, () => listenUnix(path)));
      const [winner, ...others] = starts.flatMap((start) =>
        start.status === "fulfilled" ? [start.value] : []
      );
      assertEquals(others.length, 0);
      const near = await connectUnix(path);
      await near.send("hello\n");
      for await (const far of winner!) {
        const lines = await far.receive();
        far.abort();
        if (lines === null) continue; // another start, which looked whether somebody answers
        assertEquals(lines, "hello\n");
        break;
      }
      near.abort();
      winner!.close();
    }
    assertEquals([...Deno.readDirSync(directory.path)], []);
  }
});

Deno.test("a listener that closes leaves the socket of another server alone", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  const first = await listenUnix(path);
  await Deno.remove(path); // as an administrator may
  const second = await listenUnix(path);
  first.close();
  (await connectUnix(path)).abort();
  second.close();
});

Deno.test("connectUnix() waits for room in the queue of a busy server, and no longer than it may", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  using listener = Deno.listen({ transport: "unix", path });
  const waiting: Deno.Conn[] = [];
  await assertRejects(async () => {
    while (true) waiting.push(await Deno.connect({ transport: "unix", path }));
  }, Deno.errors.WouldBlock);
  await assertRejects(() => connectUnix(path, AbortSignal.timeout(50)), TransportError);
  const connecting = connectUnix(path, AbortSignal.timeout(10_000));
  (await listener.accept()).close();
  (await connecting).abort();
  for (const conn of waiting) conn.close();
});

Deno.test("listenUnix() takes every path that the system allows, and says when it is longer", async () => {
  await using directory = await tempDirectory();
  const most = Deno.build.os === "linux"
    ? limits.maxSocketPathBytes
    : limits.maxSocketPathBytesElsewhere;
  for (const mode of [0o700, 0o755]) {
    const folder = `${directory.path}/${"x".repeat(most - directory.path.length - 3)}`;
    await Deno.mkdir(folder);
    await Deno.chmod(folder, mode);
    const path = `${folder}/s`;
    assertEquals(path.length, most);
    const listener = await listenUnix(path);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    (await connectUnix(path)).abort();
    listener.close();
    await assertRejects(
      () => listenUnix(`${folder}/ss`),
      TransportError,
      `${most + 1} bytes, and the system allows ${most}`,
    );
    await Deno.remove(folder, { recursive: true });
  }
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
