import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type Gate, type Identity, signIn } from "../../lib/auth/mod.ts";
import { DariError } from "../../lib/base/errors.ts";
import { VERSION } from "../../lib/base/version.ts";
import type { ConnectOptions } from "../../lib/endpoint/connect.ts";
import { encodePem } from "../../lib/cert/mod.ts";
import { generateKeyPair } from "../../lib/cert/key/key_pair.ts";
import { login, startWithAlice } from "../support/alice_server.ts";
import { RawPeer } from "../support/raw_peer.ts";

async function credentialsOf(identity: Identity): Promise<Record<string, ConnectOptions>> {
  const { publicKey, privateKey } = await generateKeyPair("ed25519");
  await identity.publicKeys.add("alice", encodePem("PUBLIC KEY", publicKey));
  const { text: apiKey } = await identity.keys.create({ account: "alice", name: "web-app" });
  return {
    "by SCRAM": { login },
    "by password": { login: { ...login, plain: true } },
    "by API key": { apiKey },
    "by private key": {
      keyLogin: { username: "alice", privateKey: encodePem("PRIVATE KEY", privateKey) },
    },
  };
}

Deno.test("connect() makes the same principal of every credential, over TLS and TCP", async () => {
  await using running = await startWithAlice();
  for (const [name, options] of Object.entries(await credentialsOf(running.identity))) {
    for (const address of running.server.addresses) {
      await using client = await running.dial(options, address);
      assertEquals(await client.call("who"), "alice", `${name}, ${address}`);
    }
  }
});

Deno.test("connect() by a session's token calls as the account", async () => {
  await using running = await startWithAlice();
  await using first = await running.dial({});
  const call = (method: string, params: unknown) =>
    first.call(method as "who", params as readonly unknown[]);
  const { token } = await signIn(call, { login });
  assert(token !== undefined);
  await using second = await running.dial({ token });
  assertEquals(await second.call("who"), "alice");
});

Deno.test("connect() with a wrong password is refused in the words of an unknown name", async () => {
  await using running = await startWithAlice();
  const refusals: string[] = [];
  for (const username of ["alice", "nobody"]) {
    const wrong = { username, password: "a wrong password", plain: true };
    const error = await assertRejects(() => running.dial({ login: wrong }), DariError);
    assertEquals(error.code, "unauthenticated");
    refusals.push(error.message);
  }
  assertEquals(refusals[0], refusals[1]);
});

Deno.test("disabling an account cuts its open connections, whatever signed them in", async () => {
  await using running = await startWithAlice();
  const clients = [];
  for (const options of Object.values(await credentialsOf(running.identity))) {
    for (const address of running.server.addresses) {
      clients.push(await running.dial(options, address));
    }
  }
  const calls = clients.map((client) =>
    client.call("hang").then(() => "answered", (error) => error.code)
  );
  await running.identity.accounts.disable("alice");
  assertEquals(new Set(await Promise.all(calls)), new Set(["unavailable"]));
  for (const client of clients) await client.close();
});

Deno.test("a client signs in again after its connection broke, with each credential", async () => {
  await using running = await startWithAlice();
  for (const [name, options] of Object.entries(await credentialsOf(running.identity))) {
    await using client = await running.dial(options);
    assertEquals(await client.call("who"), "alice");
    // A change of rights ends what was signed in before it, but neither password nor keys.
    const cut = client.call("hang").catch((error) => error.code);
    const role = name.replaceAll(" ", "-");
    running.identity.setPolicy({ roles: { user: ["*"], [role]: [] } });
    await running.identity.accounts.grant("alice", { add: [role] });
    assertEquals(await cut, "unavailable", name);
    assertEquals(await client.call("who"), "alice", name);
  }
});

Deno.test("a client whose session was ended is told so when it connects again by its token", async () => {
  await using running = await startWithAlice();
  const { accounts, sessions } = running.identity;
  const { token } = await sessions.create(await accounts.record("alice"), { address: "test" });
  await using client = await running.dial({ token });
  const cut = client.call("hang").catch((error) => error.code);
  await sessions.revokeAll("alice");
  assertEquals(await cut, "unavailable");
  const error = await assertRejects(() => client.call("who"), DariError);
  assertEquals(error.code, "unauthenticated");
});

Deno.test("who is calling never comes from a call's params or members", async () => {
  await using running = await startWithAlice();
  await running.identity.accounts.add({ name: "root", roles: ["admin"] });
  using peer = await RawPeer.connect(running.server.addresses[1] ?? "");
  const forged = { user: "root", username: "root", roles: ["admin"], principal: { name: "root" } };
  const call = { jsonrpc: "2.0", id: 1, method: "who", params: forged, ...forged };
  assertEquals((await peer.ask(call)).error?.code, -32001);
  await peer.ask({ ...call, method: "rpc.login", params: { ...forged, ...login } });
  const reply = await peer.ask({ ...call, meta: { principal: "root", auth: "root" } });
  assertEquals(reply.result, "alice");
});

Deno.test("a password of a megabyte costs its sender the connection, and nobody else anything", async () => {
  await using running = await startWithAlice();
  await using other = await running.dial({ login });
  using peer = await RawPeer.connect(running.server.addresses[1] ?? "");
  const params = { username: "alice", password: "x".repeat(1 << 20) };
  const request = { jsonrpc: "2.0", id: 1, method: "rpc.login", params };
  await peer.send(`${JSON.stringify(request)}\n`).catch(() => {});
  const answer = JSON.parse(await peer.rest());
  assertEquals([answer.id, answer.error.code], [null, -32005]);
  assertEquals(await other.call("who"), "alice");
  assertEquals((await running.identity.accounts.get("alice")).lockedUntilMs, undefined);
});

Deno.test("a client that does nothing signs in again before its session ends", async () => {
  const requests: string[] = [];
  const { promise: renewed, resolve } = Promise.withResolvers<void>();
  const counting = (gate: Gate): Gate => ({
    ...gate,
    async signIn(method, params, context) {
      const reply = await gate.signIn(method, params, context);
      if (requests.push(method) === 4) resolve();
      return reply;
    },
  });
  await using running = await startWithAlice({ sessions: { idleMs: 1_000 } }, counting);
  await using client = await running.dial({ login });
  const [first] = await running.identity.sessions.list();
  await renewed;
  assertEquals(requests, ["rpc.scram", "rpc.scram", "rpc.scram", "rpc.scram"]);
  assertEquals((await running.identity.sessions.list()).at(-1)?.id === first?.id, false);
  assertEquals(await client.call("who"), "alice");
});

Deno.test("a client that cannot sign in again for a while keeps its connection, and tries on", async () => {
  const refusals: unknown[] = [];
  const { promise: refusedTwice, resolve: refuse } = Promise.withResolvers<void>();
  const { promise: renewed, resolve: renew } = Promise.withResolvers<void>();
  const counting = (gate: Gate): Gate => ({
    ...gate,
    async signIn(method, params, context) {
      try {
        const reply = await gate.signIn(method, params, context);
        if (refusals.length > 1 && reply.principal) renew();
        return reply;
      } catch (error) {
        if (refusals.push(error) === 2) refuse();
        throw error;
      }
    },
  });
  await using running = await startWithAlice({ sessions: { idleMs: 1_000 } }, counting);
  const { accounts, verify } = running.identity;
  await using client = await running.dial({ login });
  const cut = client.call("hang");
  // Anybody can lock an account, whose own clients are signed in.
  while ((await accounts.get("alice")).lockedUntilMs === undefined) {
    await assertRejects(() => verify("alice", "a wrong password"));
  }
  await Promise.race([refusedTwice, cut]);
  await accounts.unlock("alice");
  await Promise.race([renewed, cut]);
  assertEquals(await Promise.race([client.call("who"), cut]), "alice");
});

Deno.test("sign-in requests of one connection do not gather without end", async () => {
  let underWay = 0;
  const hold = Promise.withResolvers<void>();
  const holding = (gate: Gate): Gate => ({
    ...gate,
    async signIn(method, params, context) {
      underWay++;
      await hold.promise;
      return await gate.signIn(method, params, context);
    },
  });
  await using running = await startWithAlice({}, holding);
  using peer = await RawPeer.connect(running.server.addresses[1] ?? "");
  const request = { jsonrpc: "2.0", method: "rpc.challenge", params: { username: "alice" } };
  const lines = Array.from({ length: 100 }, (_, id) => JSON.stringify({ ...request, id }));
  await peer.send(`${lines.join("\n")}\n`);
  const next = async () => JSON.parse(await peer.line());
  for (let refused = 0; refused < 100 - 16; refused++) {
    assertEquals((await next()).error.code, -32005);
  }
  assertEquals(underWay, 1, "the others wait for it");
  hold.resolve();
  for (let served = 0; served < 16; served++) assert((await next()).result.challenge);
  assert((await peer.ask({ ...request, id: 1 })).result.challenge, "there is room again");
});

Deno.test("a session shows where its client is and how it calls itself", async () => {
  await using running = await startWithAlice();
  const { keyLogin } = (await credentialsOf(running.identity))["by private key"] ?? {};
  await using _scram = await running.dial({ login, agent: "reports/2.1" });
  await using _plain = await running.dial({ login: { ...login, plain: true }, agent: "plain" });
  await using _key = await running.dial({ keyLogin });
  const sessions = await running.identity.sessions.list("alice");
  assertEquals(sessions.map(({ agent }) => agent), ["reports/2.1", "plain", `dari/${VERSION}`]);
  for (const { address } of sessions) assertMatch(address, /^127\.0\.0\.1:\d+$/);
});

Deno.test("rpc.logout is answered, and cuts the other connections of its session", async () => {
  await using running = await startWithAlice();
  const { accounts, sessions } = running.identity;
  const { token } = await sessions.create(await accounts.record("alice"), { address: "test" });
  await using other = await running.dial({ token });
  const cut = other.call("hang").catch((error) => error.code);
  using peer = await RawPeer.connect(running.server.addresses[1] ?? "");
  const request = { jsonrpc: "2.0", id: 1, method: "rpc.authenticate", params: { token } };
  await peer.ask(request);
  assertEquals((await peer.ask({ ...request, method: "who" })).result, "alice");
  assertEquals((await peer.ask({ ...request, method: "rpc.logout" })).result, null);
  assertEquals((await peer.ask({ ...request, method: "who" })).error.code, -32001);
  assertEquals(await cut, "unavailable");
  assertEquals(await sessions.list("alice"), []);
});
