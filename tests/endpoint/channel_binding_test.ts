import { assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { openIdentity } from "../../lib/auth/mod.ts";
import { DariError } from "../../lib/base/errors.ts";
import { connect, type ConnectOptions } from "../../lib/endpoint/connect.ts";
import { serve, type ServeOptions } from "../../lib/endpoint/serve.ts";
import { decodePem, encodePem } from "../../lib/cert/mod.ts";
import { generateKeyPair } from "../../lib/cert/key/key_pair.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import { createMemoryStore } from "../../lib/store/mod.ts";
import { ITERATIONS, PASSWORD } from "../support/identity.ts";
import { world } from "../support/mutual_tls.ts";
import { type Meddling, startTlsRelay } from "../support/tls_relay.ts";
import { tempDirectory } from "../support/temp.ts";
import { tlsPair } from "../support/tls_certificates.ts";

const login = { username: "alice", password: PASSWORD };
const methods = {
  who: (_params: unknown, { principal }: Context) => principal?.name,
  bindings: (_params: unknown, { peer }: Context) =>
    peer.channelBindings?.map(({ type, data }) => `${type}=${encodeHex(data)}`),
};

/** A server with alice's account, and a public key of hers. */
async function startServer(options: Partial<ServeOptions> = {}) {
  const store = createMemoryStore();
  const identity = await openIdentity(store, { passwords: { iterations: ITERATIONS } });
  await identity.accounts.add({ name: "alice", password: PASSWORD });
  const { publicKey, privateKey } = await generateKeyPair("ed25519");
  await identity.publicKeys.add("alice", encodePem("PUBLIC KEY", publicKey));
  const server = await serve({
    listen: "tls://127.0.0.1:0",
    tls: (await world()).server,
    methods,
    gate: identity.gate,
    ...options,
  });
  return {
    address: server.addresses[0] ?? "",
    keyLogin: { username: "alice", privateKey: encodePem("PRIVATE KEY", privateKey) },
    async [Symbol.asyncDispose]() {
      await server.close(0);
      identity[Symbol.dispose]();
      await store.close();
    },
  };
}

/** A client that can see the server's certificate, and would take anybody's. */
const dial = (address: string, options: ConnectOptions) =>
  connect<typeof methods>(address, { insecure: true, warn: () => {}, ...options });

Deno.test("both ends of TLS know the same binding: the hash of the server's certificate", async () => {
  await using running = await startServer();
  const { server, authority, client: { cert, key } } = await world();
  const [leaf] = decodePem(server.cert);
  const hash = encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", leaf!.bytes)));
  await using trusting = await connect<typeof methods>(running.address, {
    ca: authority.pem,
    cert,
    key,
    login,
  });
  for (const client of [trusting, await dial(running.address, { login })]) {
    assertEquals(await client.call("bindings"), [`tls-server-end-point=${hash}`]);
    assertEquals(encodeHex(client.peer!.channelBindings![0]!.data), hash);
    await client.close();
  }
});

for (const isMutual of [true, false]) {
  const kind = isMutual ? "mutual TLS" : "TLS";
  Deno.test(`both ends of ${kind} know the same binding, also after a reload`, async () => {
    await using directory = await tempDirectory();
    const { server, authority, client: { cert, key } } = await world();
    const files = { certFile: `${directory.path}/a.crt`, keyFile: `${directory.path}/a.key` };
    const write = async (pair: typeof server) => {
      await Deno.writeTextFile(files.certFile, pair.cert);
      await Deno.writeTextFile(files.keyFile, pair.key, { mode: 0o600 });
    };
    await write(server);
    const { promise: reloaded, resolve } = Promise.withResolvers<void>();
    await using running = await startServer({
      clientCa: isMutual ? authority.pem : undefined,
      tls: files,
      log: (line) => line.includes("new certificate") && resolve(),
    });
    const bound = async () => {
      const options = { ca: authority.pem, cert, key, login };
      await using client = await connect<typeof methods>(running.address, options);
      assertEquals(await client.call("who"), "alice");
      const data = client.peer!.channelBindings![0]!.data;
      assertEquals(await client.call("bindings"), [`tls-server-end-point=${encodeHex(data)}`]);
      return encodeHex(data);
    };
    const before = await bound();
    await write(await tlsPair(authority));
    await reloaded;
    assertEquals(await bound() === before, false);
  });
}

Deno.test("connect() signs in by a private key where the connection needs a certificate as well", async () => {
  const { authority, client: { cert, key } } = await world();
  await using running = await startServer({ clientCa: authority.pem });
  const options = { ca: authority.pem, cert, key, keyLogin: running.keyLogin };
  await using client = await connect<typeof methods>(running.address, options);
  assertEquals(await client.call("who"), "alice");
});

/** Signs in through somebody who ends TLS with a certificate of their own. */
async function throughRelay(
  meddling: Meddling,
  credential: "login" | "key",
): Promise<"signed in" | DariError> {
  await using running = await startServer();
  const { authority } = await world();
  // As good as the server's: of the same authority, for the same name.
  using relay = await startTlsRelay(running.address, await tlsPair(authority), meddling);
  const options = credential === "login" ? { login } : { keyLogin: running.keyLogin };
  // What a client signs in with directly does not work through the relay.
  await (await dial(running.address, options)).close();
  try {
    await (await dial(relay.address, options)).close();
    return "signed in";
  } catch (error) {
    if (error instanceof DariError) return error;
    throw error;
  }
}

for (const credential of ["login", "key"] as const) {
  Deno.test(`sign-in by ${credential} through a relay with a valid certificate is refused`, async () => {
    const outcome = await throughRelay({}, credential);
    assertEquals(outcome instanceof DariError && outcome.code, "unauthenticated");
  });
}

Deno.test("a relay that denies the server's bindings is refused, for either credential", async () => {
  const cannotBind = (line: string) => {
    const { id, params } = JSON.parse(line);
    if (!params?.data?.startsWith("p=")) return line;
    const error = {
      code: -32009,
      message: "This connection has no channel binding",
      data: { name: "failed_precondition", retryable: false },
    };
    return { answer: JSON.stringify({ jsonrpc: "2.0", id, error }) };
  };
  const seen: string[] = [];
  const outcomes = [
    await throughRelay({
      toServer(line) {
        const { method, params } = JSON.parse(line);
        if (method === "rpc.scram") seen.push(params.data.slice(0, 2));
        return cannotBind(line);
      },
    }, "login"),
    await throughRelay({
      toClient: (line) => line.replace(/"bindings":\["[^"]+"\]/, '"bindings":[]'),
    }, "key"),
  ];
  for (const outcome of outcomes) {
    assertEquals(outcome instanceof DariError && outcome.code, "unauthenticated");
  }
  assertEquals(seen, ["p=", "y,"]);
});

Deno.test("behind a proxy that ends TLS, where the server has no binding, a client signs in", async () => {
  await using running = await startServer({ listen: "tcp://127.0.0.1:0" });
  const { authority } = await world();
  const proxied = await tlsPair(authority);
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...proxied });
  const proxy = (async () => {
    for await (const outer of listener) {
      const inner = await Deno.connect({ port: Number(new URL(running.address).port) });
      outer.readable.pipeTo(inner.writable).catch(() => {});
      inner.readable.pipeTo(outer.writable).catch(() => {});
    }
  })();
  for (const options of [{ login }, { keyLogin: running.keyLogin }]) {
    await using client = await dial(`tls://127.0.0.1:${listener.addr.port}`, options);
    assertEquals(await client.call("who"), "alice");
  }
  listener.close();
  await proxy;
});
