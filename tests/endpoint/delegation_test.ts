import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, RpcError } from "../../lib/base/errors.ts";
import { connect, type ConnectOptions, type Dialer } from "../../lib/endpoint/connect.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import type { Client } from "../../lib/rpc/client/client.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import { method, type Methods } from "../../lib/rpc/method/method.ts";
import { listenMemory } from "../../lib/transport/memory.ts";
import { PASSWORD, testIdentity } from "../support/identity.ts";
import { Wire } from "../support/rpc_pair.ts";
import { tempDirectory } from "../support/temp.ts";

const policy = {
  roles: {
    user: ["who", "through", "wait", "write", "rpc.discover"],
    reader: ["who", "through"],
    admin: ["*"],
    service: ["*", "rpc.delegate"],
  },
};

/** Where a server listens, and how to get there. */
interface Place {
  readonly listen: Parameters<typeof serve>[0]["listen"];
  readonly to: string | Dialer;
}

/** A server with the accounts alice, bob, web and worker, none of whom its transport tells apart. */
async function startServer(place: Place, methods: Methods) {
  const { identity, ...world } = await testIdentity({ policy, localTransports: [] });
  await identity.accounts.add({ name: "bob", password: PASSWORD, roles: ["reader"] });
  for (const name of ["web", "worker"]) {
    await identity.accounts.add({ name, password: PASSWORD, roles: ["service", "user", "reader"] });
  }
  const server = await serve({
    listen: place.listen,
    gate: identity.gate,
    methods,
    clock: world.clock,
    observer: [],
  });
  return {
    identity,
    /** Connects as somebody. */
    as: (username: string, options: ConnectOptions = {}) =>
      connect(place.to, { login: { username, password: PASSWORD }, ...options }),
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await world[Symbol.asyncDispose]();
    },
  };
}

const who = (_: unknown, { principal }: Context) => {
  const { name, chain, kind } = principal!;
  return { name, kind, ...(chain === undefined ? {} : { chain }) };
};

/** The methods of a server whose handlers call the next one. */
function methodsOf(next?: () => Client): Methods {
  return {
    who,
    through: async (params: { method?: string; deep?: boolean }) => {
      await Promise.resolve();
      return await next!().call(params.deep ? "through" : params.method ?? "who", {});
    },
    write: () => "written",
    remove: method({ admin: true, handler: () => "removed" }),
    open: method({ public: true, handler: () => next!().call("who") }),
    wait: () => new Promise<never>(() => {}),
  };
}

/** alice → web → worker → db, each a server of its own. */
async function startThree(places: readonly Place[], options: ConnectOptions = { delegate: true }) {
  const [first, second, third] = places as [Place, Place, Place];
  const stack = new AsyncDisposableStack();
  const db = stack.use(await startServer(third, methodsOf()));
  const toDb = stack.use(await db.as("worker", options));
  const worker = stack.use(await startServer(second, methodsOf(() => toDb)));
  const toWorker = stack.use(await worker.as("web", options));
  const web = stack.use(await startServer(first, methodsOf(() => toWorker)));
  return {
    web,
    worker,
    db,
    as: async (name: string) => stack.use(await web.as(name)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function inMemory(): Place[] {
  return Array.from({ length: 3 }, () => {
    const memory = listenMemory();
    return { listen: memory, to: memory };
  });
}

Deno.test("alice through web through worker: the whole chain, over memory and Unix sockets", async () => {
  await using directory = await tempDirectory();
  const sockets = ["web", "worker", "db"].map((name) => {
    const address = `unix:${directory.path}/${name}.sock`;
    return { listen: address, to: address };
  });
  for (const places of [inMemory(), sockets]) {
    await using three = await startThree(places);
    const alice = await three.as("alice");
    assertEquals(await alice.call("through", {}), {
      name: "alice",
      chain: ["alice", "web"],
      kind: "delegated",
    });
    assertEquals(await alice.call("through", { deep: true }), {
      name: "alice",
      chain: ["alice", "web", "worker"],
      kind: "delegated",
    });
  }
});

Deno.test("a server calls as itself unless the program asks for its caller's identity", async () => {
  await using three = await startThree(inMemory(), {});
  const alice = await three.as("alice");
  assertEquals(await alice.call("through", { deep: true }), { name: "worker", kind: "session" });
});

Deno.test("what the first caller may not do, the servers may not do for it", async () => {
  await using three = await startThree(inMemory());
  const [alice, bob] = [await three.as("alice"), await three.as("bob")];
  assertEquals(await alice.call("through", { method: "write" }), "written");
  const internal = await assertRejects(() => bob.call("through", { method: "write" }), RpcError);
  assertEquals(internal.code, "internal"); // the fault of web's call is not told to bob
  await using own = await three.worker.as("web", { delegate: true });
  assertEquals(await own.call("write"), "written");
  const error = await assertRejects(
    () => own.call("write", undefined, { meta: { chain: ["bob"] } }),
    RpcError,
    'You may not call "write" on behalf of others',
  );
  assertEquals(error.code, "permission_denied");
});

Deno.test("nobody administers on behalf of others, whoever they are", async () => {
  await using three = await startThree(inMemory());
  await three.worker.identity.accounts.add({
    name: "root",
    password: PASSWORD,
    roles: ["admin", "service"],
  });
  await using own = await three.worker.as("root");
  assertEquals(await own.call("remove"), "removed");
  const error = await assertRejects(
    () => own.call("remove", undefined, { meta: { chain: ["root"] } }),
    RpcError,
    "cannot be called on behalf of others",
  );
  assertEquals(error.code, "permission_denied");
});

Deno.test("a chain from a peer without the right, or from a stranger, is refused", async () => {
  await using three = await startThree(inMemory());
  const alice = await three.as("alice");
  const chain = ["bob"];
  const denied = await assertRejects(() => alice.call("who", {}, { meta: { chain } }), RpcError);
  assertEquals(denied.code, "permission_denied");
  await using world = await testIdentity({ policy, localTransports: [] });
  await using wire = await Wire.open(methodsOf(), { gate: world.identity.gate });
  const call = { jsonrpc: "2.0", id: 1, method: "who", meta: { chain } };
  assertEquals((await wire.ask(call)).error.data.name, "unauthenticated");
  const open = { ...call, method: "open" }; // a public method too: what it would do is done for nobody
  assertEquals((await wire.ask(open)).error.data.name, "unauthenticated");
});

Deno.test("a server without accounts takes no calls on behalf of others", async () => {
  await using wire = await Wire.open(methodsOf());
  const reply = await wire.ask({ jsonrpc: "2.0", id: 1, method: "who", meta: { chain: ["bob"] } });
  assertEquals(reply.error.data.name, "permission_denied");
});

Deno.test("the end of an account in the chain ends the calls that run for it", async () => {
  await using three = await startThree(inMemory());
  await using own = await three.worker.as("web");
  const running = own.call("wait", undefined, { meta: { chain: ["alice"] } });
  running.catch(() => {});
  assertEquals(await own.call("who", {}, { meta: { chain: ["alice"] } }), {
    name: "alice",
    chain: ["alice", "web"],
    kind: "delegated",
  });
  await three.worker.identity.accounts.disable("alice");
  const ended = await assertRejects(() => running, DariError);
  assertEquals(ended.code, "unauthenticated");
  assertEquals((await own.call("who") as { name: string }).name, "web"); // the connection goes on
});

Deno.test("rpc.discover lists what all in the chain may call", async () => {
  await using three = await startThree(inMemory());
  await using own = await three.worker.as("web");
  const list = async (chain?: string[]) => {
    const options = chain === undefined ? {} : { meta: { chain } };
    const { methods } = await own.call("rpc.discover", undefined, options) as {
      methods: { name: string }[];
    };
    return methods.map(({ name }) => name);
  };
  assert((await list()).includes("write"));
  assertEquals(await list(["bob"]), ["who", "through", "open"]);
});
