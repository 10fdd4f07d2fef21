import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, type ConnectOptions, type Context, listenMemory, serve } from "../../mod.ts";
import { TransportError } from "../../lib/base/errors.ts";
import { memoryPair } from "../../lib/transport/memory.ts";
import { world } from "../support/mutual_tls.ts";
import { tempDirectory } from "../support/temp.ts";
import { clientPair } from "../support/tls_certificates.ts";

const methods = {
  who: (_params: unknown, { principal }: Context) => principal?.name,
  add: ({ a, b }: { a: number; b: number }) => a + b,
};

/** A server that asks for client certificates, and what it refused. */
async function startServer(data: string) {
  const { server, authority } = await world();
  const refused: string[] = [];
  const running = await serve({
    listen: "tls://127.0.0.1:0",
    methods,
    data,
    tls: server,
    clientCa: authority.pem,
    onRefused: (_address, reason) => refused.push(reason),
  });
  return {
    refused,
    [Symbol.asyncDispose]: () => running.close(0),
    dial: async (options: ConnectOptions = {}) => {
      const { authority, client: { cert, key } } = await world();
      const shown = { ca: authority.pem, cert, key };
      return await connect<typeof methods>(running.addresses[0]!, { ...shown, ...options });
    },
  };
}

Deno.test("connect() takes a listener of this process, or a connection that is open already", async () => {
  const memory = listenMemory();
  await using server = await serve({ listen: memory, methods });
  const [near, far] = memoryPair();
  const attached = server.attach(far);
  for (const place of [memory, near]) {
    await using client = await connect<typeof methods>(place);
    assertEquals(await client.call("add", { a: 10, b: 20 }), 30);
  }
  await attached;
});

Deno.test("connect() refuses more than one credential before it connects", async () => {
  await assertRejects(
    () => connect("tls://localhost:1", { token: "t", apiKey: "k" }),
    TypeError,
    "not several",
  );
});

Deno.test("connect() with a certificate resolves only once the server has accepted it", async () => {
  await using directory = await tempDirectory();
  await using running = await startServer(directory.path);
  const { foreign } = await world();
  const { cert, key } = await clientPair(foreign, "worker.internal");
  await assertRejects(
    () => running.dial({ cert, key }),
    TransportError,
    "refused the client's certificate",
  );
  assertEquals(running.refused.length, 1);
});

Deno.test("connect() refuses a certificate without its key, and a key without its certificate", async () => {
  const { client: { cert, key } } = await world();
  await assertRejects(() => connect("tls://localhost:1", { cert }), TypeError, "together");
  await assertRejects(() => connect("tls://localhost:1", { key }), TypeError, "together");
});

Deno.test("connect({ ca }) trusts the given authorities and no other", async () => {
  await using directory = await tempDirectory();
  await using running = await startServer(directory.path);
  const { foreign } = await world();
  await assertRejects(() => running.dial({ ca: [foreign.pem] }), TransportError, "is refused");
});

Deno.test("connect({ insecure }) warns each time that the server is not checked", async () => {
  await using directory = await tempDirectory();
  await using running = await startServer(directory.path);
  const warnings: string[] = [];
  for (let times = 1; times <= 2; times++) {
    const warn = (line: string) => warnings.push(line);
    await using client = await running.dial({ ca: undefined, insecure: true, warn });
    assertEquals(await client.call("who"), "certificate:worker.internal");
    assertEquals(warnings.length, times);
  }
  assertStringIncludes(warnings[0]!, "is not checked");
});
