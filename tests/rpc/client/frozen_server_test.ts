import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { TransportError } from "../../../lib/base/errors.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { HostAddress } from "../../../lib/transport/address.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import { connectTcp } from "../../../lib/transport/tcp.ts";
import { PeerProcess } from "../../support/peer_process.ts";
import { type methods, tcpServerCommand } from "../../support/tcp_server.ts";

const PATIENCE_MS = 30_000;

/** A server in a process of its own. */
async function startProcess() {
  const { command, args } = tcpServerCommand();
  const process = new PeerProcess(command, args, { stdin: "piped" });
  const address = parseAddress(await process.line()) as HostAddress;
  return { process, address };
}

Deno.test("an idempotent call of a server that is stopped by a signal is answered by another server", async () => {
  const frozen = await startProcess();
  await using process = frozen.process;
  await using other = await serve({
    listen: "tcp://127.0.0.1:0",
    methods: { who: { public: true, handler: () => "this process" } },
  });
  let address = frozen.address;
  await using client = new Client<typeof methods>({
    dial: () => connectTcp(address),
    lifeSignMs: 50,
    silentPeerMs: PATIENCE_MS,
  });
  assertEquals(await client.call("who"), "the other process");
  address = parseAddress(other.addresses[0] ?? "") as HostAddress;
  Deno.kill(process.pid, "SIGSTOP");
  try {
    const options = { idempotent: true, timeoutMs: PATIENCE_MS };
    assertEquals(
      await deadline(client.call("who", undefined, options), PATIENCE_MS),
      "this process",
    );
  } finally {
    Deno.kill(process.pid, "SIGCONT");
  }
  assertEquals(await client.call("who"), "this process");
});

Deno.test("a server that is stopped by a signal is cut", async () => {
  const frozen = await startProcess();
  await using process = frozen.process;
  await using client = new Client<typeof methods>({
    dial: () => connectTcp(frozen.address),
    lifeSignMs: 50,
    silentPeerMs: 500,
  });
  assertEquals(await client.call("who"), "the other process");
  Deno.kill(process.pid, "SIGSTOP");
  try {
    await assertRejects(
      () => deadline(client.call("who"), PATIENCE_MS),
      TransportError,
      "sent nothing for 500 ms",
    );
  } finally {
    Deno.kill(process.pid, "SIGCONT");
  }
  // The connection is made anew, and the server is there again.
  assertEquals(await client.call("who"), "the other process");
});
