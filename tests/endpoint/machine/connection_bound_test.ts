import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect } from "../../../mod.ts";
import { soon, world } from "../../support/mutual_tls.ts";
import { tempDirectory } from "../../support/temp.ts";
import { boundConnections } from "../../../lib/endpoint/machine/connection_bound.ts";
import { limits } from "../../../lib/base/limits.ts";

const script = new URL("../../support/descriptor_server.ts", import.meta.url).pathname;
const isWindows = Deno.build.os === "windows";

/** Starts a server with client certificates in a process that may have few files open. */
async function startServer(directory: string, maxOpenFiles: number, ...permissions: string[]) {
  const { server, authority } = await world();
  await Deno.writeTextFile(`${directory}/server.crt`, server.cert);
  await Deno.writeTextFile(`${directory}/server.key`, server.key);
  await Deno.writeTextFile(`${directory}/ca.crt`, authority.pem);
  const flags = ["--allow-net", "--allow-read", "--allow-write", "--no-prompt", ...permissions];
  const line = `ulimit -n ${maxOpenFiles}; exec "$0" run --quiet --no-check ${
    flags.join(" ")
  } "$@"`;
  const child = new Deno.Command("sh", {
    args: ["-c", line, Deno.execPath(), script, directory],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let out = "";
  const waitFor = async (pattern: RegExp, timeoutMs = 30_000): Promise<string> => {
    while (!pattern.test(out)) {
      const { value, done } = await soon(output.read(), timeoutMs);
      if (done) throw new Error(`the server ended: ${out}`);
      out += value;
    }
    return pattern.exec(out)?.[1] ?? "";
  };
  return {
    address: await waitFor(/ready (\S+)/),
    waitFor,
    output: () => out,
    write: (text: string) => input.write(new TextEncoder().encode(text)),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await input.close().catch(() => {});
      await output.cancel();
    },
  };
}

async function callOnce(address: string): Promise<unknown> {
  const { authority, client: { cert, key } } = await world();
  const options = { ca: authority.pem, cert, key, connectTimeoutMs: 2_000 };
  await using client = await connect(address, options);
  return await client.call("one");
}

Deno.test({
  name:
    "a server under a low limit of open files lowers its connections, and serves through a flood",
  ignore: isWindows,
  async fn() {
    await using directory = await tempDirectory();
    await using server = await startServer(directory.path, 200, "--allow-ffi");
    assertStringIncludes(server.output(), "Only 100 connections are taken instead of 10000");
    const at = { hostname: "127.0.0.1", port: Number(server.address.split(":").at(-1)) };
    const strangers: Deno.Conn[] = [];
    for (let n = 0; n < 300; n++) strangers.push(await soon(Deno.connect(at), 20_000));
    assertEquals(await soon(callOnce(server.address), 10_000), 1);
    assertEquals(await soon(callOnce(`unix:${directory.path}/socket`), 10_000), 1);
    for (const stranger of strangers) stranger.close();
    assertEquals(await soon(callOnce(server.address), 10_000), 1);
  },
});

Deno.test({
  name: "a mutual TLS listener that ran out of descriptors listens again once there are some",
  ignore: isWindows,
  async fn() {
    await using directory = await tempDirectory();
    await using server = await startServer(directory.path, 120);
    assertEquals(await callOnce(server.address), 1);
    await server.write("take\n");
    await server.waitFor(/(taken)/);
    const port = Number(server.address.split(":").at(-1));
    const stranger = await soon(Deno.connect({ hostname: "127.0.0.1", port }));
    await server.write("give back\n");
    await server.waitFor(/(given back)/);
    await server.waitFor(/(ran out of descriptors)/);
    stranger.close();
    let answer: unknown;
    for (let n = 0; n < 20 && answer === undefined; n++) {
      answer = await soon(callOnce(server.address), 10_000).catch(() => undefined);
    }
    assertEquals(answer, 1);
  },
});

Deno.test("boundConnections() leaves descriptors to files, and says what it changed", () => {
  const told: string[] = [];
  const tell = (line: string, level: string) => told.push(`${level}: ${line}`);
  const bound = (maxOpenFiles: number, maxConnections?: number) => {
    const { maxConnections: most, backlog } = boundConnections({
      maxOpenFiles,
      maxConnections,
      tell,
    });
    return [most, backlog];
  };
  assertEquals(1_000 - limits.reservedDescriptors, 872);
  const ofThreads = boundConnections({ maxOpenFiles: 1_000, threads: 4, tell: () => {} });
  assertEquals(ofThreads.maxConnections, 872 - 4 * limits.threadDescriptors);
  assertEquals(bound(1_000, 872), [872, 64]);
  assertEquals(told, []);
  assertEquals(bound(999, 872), [871, 64]);
  assertStringIncludes(told[0]!, "warn: Only 871 connections are taken instead of 872");
  assertEquals(bound(1_024), [896, 64]);
  assertStringIncludes(told[1]!, "info: Only 896");
  assertEquals(bound(10), [5, 2]);
  assertEquals(bound(1), [1, 1]);
  assertEquals(bound(Infinity), [limits.maxConnections, limits.listenBacklog]);
});
