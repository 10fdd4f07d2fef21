import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { openIdentity } from "../../lib/auth/mod.ts";
import { DariError, RpcError } from "../../lib/base/errors.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import type { LogLevel } from "../../lib/ops/log.ts";
import { logServer } from "../../lib/ops/server_log.ts";
import { createMemoryStore, openSqliteStore, type Store } from "../../lib/store/mod.ts";
import type { Peer } from "../../lib/transport/connection.ts";
import { listenTcp } from "../../lib/transport/tcp.ts";
import { fillDisk } from "../support/full_disk.ts";
import { tempDirectory } from "../support/temp.ts";
import { certificateOf, ITERATIONS, PASSWORD } from "../support/identity.ts";

function causesOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${causesOf(error.cause)}` : "";
}

/** A server with the account alice, and what its log says without the addresses of peers. */
async function startLogged(
  store: Store & AsyncDisposable = createMemoryStore(),
  level: LogLevel = "info",
) {
  const lines: string[] = [];
  const ids: string[] = [];
  const identity = await openIdentity(store, { passwords: { iterations: ITERATIONS } });
  await identity.accounts.add({ name: "alice", password: PASSWORD, roles: [] });
  const observer = logServer(
    {
      write: (level, message, { peer: _, ms: __, connection, request, ...fields } = {}) => {
        ids.push(String(request ?? connection));
        lines.push(
          `${level} ${message} ${JSON.stringify(fields)} ${causesOf(fields["error"])}`.trim(),
        );
      },
    },
    (name) => identity.accounts.get(name).then(() => true),
    level,
  );
  observer.started({});
  lines.length = 0;
  ids.length = 0;
  const server = await serve({
    listen: listenTcp({ host: "127.0.0.1", port: 0 }),
    methods: {
      secret: () => 1,
      wait: () => new Promise(() => {}),
      fail: () => {
        throw new Error("broken");
      },
    },
    public: ["fail", "wait"],
    gate: identity.gate,
    observer,
  });
  return {
    lines,
    ids,
    server,
    address: server.addresses[0] ?? "",
    async [Symbol.asyncDispose]() {
      await server.close();
      identity[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

Deno.test("the log tells of sign-ins, and of failed ones with the names of accounts alone", async () => {
  await using server = await startLogged();
  await using client = await connect(server.address);
  const login = (username: string, password: string) =>
    client.call("rpc.login", { username, password });
  await login("alice", PASSWORD);
  await assertRejects(() => login("alice", "wrong"));
  await assertRejects(() => login(PASSWORD, "typed in the wrong place"));
  assertEquals(server.lines, [
    'info a sign-in succeeded {"method":"rpc.login","account":"alice"}',
    'warn a sign-in failed {"method":"rpc.login","account":"alice","code":"unauthenticated"}',
    'warn a sign-in failed {"method":"rpc.login","code":"unauthenticated"}',
  ]);
});

Deno.test("the log tells of connections over TLS and of those cut, and not of every other", () => {
  const lines: string[] = [];
  const { connectionOpened, connectionClosed } = logServer({
    write: (level, message, fields) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
  }, () => Promise.resolve(false));
  const tls: Peer = { transport: "tls", address: "a:1", protocol: "TLSv1.3", cipher: "c" };
  const of = (peer: Peer) => ({ id: "1", principal: null, peer });
  connectionOpened?.(of({ transport: "unix", address: "unix" }));
  connectionOpened?.(of(tls));
  connectionOpened?.(of({ ...tls, certificate: certificateOf("worker", 0) }));
  connectionClosed?.(of(tls), undefined);
  connectionClosed?.(of(tls), "too long");
  const opened =
    'info a connection was opened {"peer":"a:1","connection":"1","protocol":"TLSv1.3","cipher":"c"';
  assertEquals(lines, [
    `${opened},"subject":"none"}`,
    `${opened},"subject":"CN=worker"}`,
    'warn a connection was cut {"peer":"a:1","connection":"1","reason":"too long"}',
  ]);
});

Deno.test("the log tells when an account is locked", async () => {
  await using server = await startLogged();
  await using client = await connect(server.address);
  const guess = () => client.call("rpc.login", { username: "alice", password: "wrong" });
  for (let n = 0; n < 6; n++) await assertRejects(guess);
  const locked = server.lines.filter((line) => line.includes("locked"));
  assertEquals(locked, [
    'warn an account is locked {"method":"rpc.login","account":"alice","code":"unauthenticated"}',
  ]);
});

Deno.test("the log tells of calls that were denied, and of methods that failed", async () => {
  await using server = await startLogged();
  await using client = await connect(server.address);
  await assertRejects(() => client.call("secret"));
  await assertRejects(() => client.call("fail"));
  const [denied, failed] = server.lines;
  assertEquals(denied, 'warn a call was denied {"method":"secret","code":"unauthenticated"}');
  assertEquals(failed?.startsWith('error a method failed {"method":"fail"'), true);
});

Deno.test("a line about a call has the id that its caller was told, its trace and its principal", async () => {
  await using server = await startLogged();
  await using client = await connect(server.address);
  await client.call("rpc.login", { username: "alice", password: PASSWORD });
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const meta = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
  const error = await assertRejects(() => client.call("fail", {}, { meta }), RpcError);
  const { requestId } = error.data as { requestId?: string };
  assertEquals(server.ids.at(-1), requestId);
  assertEquals(requestId?.split(":")[0], server.ids[0], "the sign-in was on the same connection");
  assertStringIncludes(
    server.lines.at(-1)!,
    `a method failed {"method":"fail","trace":"${trace}","principal":"alice"`,
  );
  await assertRejects(() => client.call("fail", {}, { meta: { traceparent: "\u202e" } }));
  assertEquals(server.lines.at(-1)!.includes("trace"), false);
});

Deno.test("the log tells why a right password fails on a full disk", async () => {
  await using directory = await tempDirectory();
  await using server = await startLogged(await openSqliteStore(`${directory.path}/dari.db`));
  await using client = await connect(server.address);
  {
    using _ = fillDisk();
    const error = await assertRejects(
      () => client.call("rpc.login", { username: "alice", password: PASSWORD }),
      DariError,
      "The server's disk is full",
    );
    assertEquals([error.code, error.message.includes(directory.path)], [
      "resource_exhausted",
      false,
    ]);
  }
  assertMatch(
    server.lines.join("\n"),
    /^error a sign-in failed {"method":"rpc.login","account":"alice".*disk is full/,
  );
});

Deno.test("the log tells that the server stops, and how many calls it cut", async () => {
  await using logged = await startLogged();
  await using client = await connect(logged.address);
  const waiting = [client.call("wait"), client.call("wait")].map((call) =>
    assertRejects(() => call)
  );
  await assertRejects(() => client.call("fail"));
  await logged.server.close(1);
  await Promise.all(waiting);
  assertEquals(logged.lines.slice(1), [
    'info the server is stopping {"connections":1,"calls":2}',
    'warn a call was cut {"method":"wait"}',
    'warn a call was cut {"method":"wait"}',
    'warn the server has stopped {"drained":0,"cut":2}',
  ]);
});

Deno.test("at debug the log tells of every call and every connection", async () => {
  await using logged = await startLogged(createMemoryStore(), "debug");
  await using client = await connect(logged.address);
  await client.call("rpc.ping");
  await assertRejects(() => client.call("secret"));
  await logged.server.close();
  assertEquals(logged.lines, [
    "debug a connection was opened {}",
    'debug a call ended {"method":"rpc.ping","code":"ok"}',
    'warn a call was denied {"method":"secret","code":"unauthenticated"}',
    'debug a call ended {"method":"secret","code":"unauthenticated"}',
    'info the server is stopping {"connections":1,"calls":0}',
    "debug a connection was closed {}",
    'info the server has stopped {"drained":0,"cut":0}',
  ]);
});

Deno.test("a password without its code is no failed sign-in, and a change of factors is logged", () => {
  const lines: string[] = [];
  const log = { write: (level: string, message: string) => void lines.push(`${level} ${message}`) };
  const observer = logServer(log, () => Promise.resolve(true));
  const peer: Peer = { transport: "tls", address: "192.0.2.1:1" };
  const record = { connectionId: "1", peer, method: "rpc.login", name: "alice" } as const;
  const failed = { ...record, principal: null, error: undefined };
  observer.signInFailed?.({ ...failed, errorCode: "second_factor_required" });
  const principal = {
    name: "alice",
    kind: "session",
    roles: [],
    credentialId: "session:1",
  } as const;
  const change = { account: "alice", principal, peer, factors: [] };
  observer.factorChanged?.({ ...change, change: "added" });
  observer.factorChanged?.({ ...change, change: "removed" });
  observer.factorChanged?.({ ...change, change: "codes" });
  assertEquals(lines, [
    "info a sign-in needs its second factor",
    "info a second factor was added",
    "info a second factor was removed",
    "info recovery codes were renewed",
  ]);
});
