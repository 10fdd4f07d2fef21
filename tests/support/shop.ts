import { z } from "zod";
import { type Identity, openIdentity } from "../../lib/auth/mod.ts";
import { DariError } from "../../lib/base/errors.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import { type OpenRpcDocument, openRpcDocument } from "../../lib/protocol/openrpc.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import { method, type Methods } from "../../lib/rpc/method/method.ts";
import { registerMethods } from "../../lib/rpc/method/registry.ts";
import { createMemoryStore } from "../../lib/store/mod.ts";
import { enrol } from "./factors.ts";
import { world } from "./mutual_tls.ts";
import { startTcpRelay } from "./tcp_relay.ts";
import { tempDirectory } from "./temp.ts";

/** The account of the shop. */
export const login = { username: "alice", password: "correct horse battery" };

const status = z.enum(["open", "in transit"]).meta({ title: "Status" });
const order = z.object({
  id: z.number().int(),
  status,
  due: z.date(),
  photo: z.instanceof(Uint8Array),
  note: z.string().nullable(),
  place: z.tuple([z.number(), z.number()]),
  tags: z.record(z.string(), z.string()),
}).meta({ title: "Order" });
const circle = z.object({ kind: z.literal("circle"), radius: z.number(), at: z.date() });
const square = z.object({ kind: z.literal("square"), side: z.number() });

/** A node of a tree, and its first child. */
const node = {
  type: "object",
  properties: { depth: { type: "integer" }, next: { anyOf: [{ $ref: "#" }, { type: "null" }] } },
  required: ["depth", "next"],
};

/** Methods with what a client in another language has to cope with. */
function shopMethods(cut = () => {}): Methods {
  let failures = 0;
  let losses = 0;
  return {
    "orders.create": method({
      summary: 'Orders something */ """ `',
      public: true,
      params: z.object({
        item: z.string().describe("What is ordered\nand on how many lines it is said"),
        count: z.number().int(),
        due: z.date(),
        photo: z.instanceof(Uint8Array),
        class: z.enum(["gold", "silver"]).optional(),
      }),
      result: order,
      errors: { out_of_stock: z.object({ left: z.number().int() }) },
      handler: ({ item, count, due, photo, class: kind = "none" }, { errors }) => {
        if (count > 3) throw errors.out_of_stock({ left: 3 });
        const place: [number, number] = [1.5, 2];
        return {
          id: count,
          status: "in transit" as const,
          due,
          photo,
          note: null,
          place,
          tags: { item, class: kind },
        };
      },
    }),
    tree: {
      public: true,
      result: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: (value: unknown) => ({ value }),
          jsonSchema: { input: () => node, output: () => node },
        },
      },
      handler: () => ({ depth: 0, next: { depth: 1, next: null } }),
    },
    "shapes.double": method({
      public: true,
      params: z.object({ shape: z.discriminatedUnion("kind", [circle, square]) }),
      result: z.discriminatedUnion("kind", [circle, square]),
      handler: ({ shape }) =>
        shape.kind === "circle"
          ? { ...shape, radius: 2 * shape.radius }
          : { ...shape, side: 2 * shape.side },
    }),
    ticks: method({
      public: true,
      params: z.object({ to: z.number().int() }),
      result: z.object({ n: z.number().int(), at: z.date() }),
      async *handler({ to }) {
        for (let n = 1; n <= to; n++) yield { n, at: new Date(n) };
      },
    }),
    hang: {
      public: true,
      handler: (_params: unknown, { signal }: Context) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    },
    flaky: method({
      public: true,
      idempotent: true,
      result: z.number().int(),
      handler: () => {
        if (++failures < 3) throw new DariError("unavailable", "Not yet", { retryAfterMs: 1 });
        return failures;
      },
    }),
    from: method({
      public: true,
      params: z.object({ in: z.string(), client: z.string().optional() }),
      result: z.string(),
      handler: ({ in: place, client = "nobody" }) => `${client} in ${place}`,
    }),
    lose: method({
      summary: "Loses the connection, once.",
      idempotent: true,
      result: z.string(),
      handler: (_params: unknown, { principal }: Context) => {
        if (++losses === 1) cut();
        return principal?.name ?? "";
      },
    }),
    who: method({
      result: z.string(),
      handler: (_params: unknown, { principal }: Context) => principal?.name ?? "",
    }),
  } as unknown as Methods;
}

/** What the shop says of itself: it remembers the answers of calls with a key. */
export function shopDocument(): OpenRpcDocument {
  const described = [...registerMethods(shopMethods()).values()].map((each) => each.describe());
  return openRpcDocument({ title: 'The "shop" */', version: "1.0.0" }, described, true);
}

/** An account with a second factor. */
const CAREFUL = "carol";

async function careful(identity: Identity) {
  await identity.accounts.add({ name: CAREFUL, password: login.password });
  const clock = { now: () => Date.now(), advance: () => {} };
  return await enrol({ identity, clock }, CAREFUL);
}

/** Starts the shop on TCP, on TLS, and on TLS with client certificates. */
export async function startShop() {
  const directory = await tempDirectory();
  const store = createMemoryStore();
  const policy = { roles: { user: ["*"], certificate: ["who"] } };
  const identity = await openIdentity(store, { passwords: { iterations: 4_096 }, policy });
  await identity.accounts.add({ name: login.username, password: login.password });
  const { recoveryCodes } = await careful(identity);
  const { text: apiKey } = await identity.keys.create({ account: login.username, name: "key" });
  const file = (name: string) => `${directory.path}/${name}`;
  const { authority, client } = await world();
  await Deno.writeTextFile(file("clients.crt"), authority.pem);
  await Deno.writeTextFile(file("client.crt"), client.cert);
  await Deno.writeTextFile(file("client.key"), client.key, { mode: 0o600 });
  const server = await serve({
    listen: [
      "tcp://127.0.0.1:0",
      "tls://localhost:0",
      `tls://localhost:0?client-ca=${file("clients.crt")}`,
    ],
    data: file("data"),
    https: { listen: "https://localhost:0" },
    methods: shopMethods(() => relay.cut()),
    gate: identity.gate,
  });
  const [tcp = "", tls = "", mutual = "", https = ""] = server.addresses;
  const relay = startTcpRelay(Number(new URL(tls).port));
  return {
    /** What programs get as JSON. */
    told: {
      tcp,
      tls,
      relay: `tls://localhost:${relay.port}`,
      mutual,
      https,
      apiKey,
      ...login,
      careful: CAREFUL,
      code: recoveryCodes[0]!,
      ca: file("data/ca.crt"),
      cert: file("client.crt"),
      key: file("client.key"),
    },
    directory: directory.path,
    async [Symbol.asyncDispose]() {
      await relay[Symbol.asyncDispose]();
      await server.close(0);
      identity[Symbol.dispose]();
      await store.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/**
 * A server whose first connection ends without an answer, or says that the server stops, and whose
 * second one answers 7.
 */
export function startForgetful(isStopping = false) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const stopping: Deno.Conn[] = [];
  const served = (async () => {
    let isFirst = true;
    for await (const connection of listener) {
      const buffer = new Uint8Array(4_096);
      const size = await connection.read(buffer) ?? 0;
      const line = new TextDecoder().decode(buffer.subarray(0, size));
      const { id } = JSON.parse(line);
      const data = { name: "unavailable", retryable: true, stopping: true };
      const error = { code: -32_006, message: "The server stops", data };
      const outcome = isFirst ? { error } : { result: 7 };
      const reply = JSON.stringify({ jsonrpc: "2.0", id, ...outcome });
      if (!isFirst || isStopping) await connection.write(new TextEncoder().encode(`${reply}\n`));
      if (isFirst && isStopping) stopping.push(connection);
      else {
        if (!isFirst) await connection.read(buffer).catch(() => null);
        connection.close();
      }
      isFirst = false;
    }
  })().catch(() => {}); // it is closed
  return {
    address: `tcp://127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
      for (const connection of stopping) connection.close();
    },
  };
}

/** What a program prints that has called everything, one JSON value a line. */
export const seenOfShop: readonly unknown[] = [
  ["order", 2, "in transit", "2026-01-02T03:04:05.678Z", [0, 255], null, [1.5, 2], "gold"],
  ["out_of_stock", 3],
  ["tree", 0, 1],
  ["circle", 6, "1970-01-01T00:00:00.000Z"],
  ["ticks", 3, "1970-01-01T00:00:00.003Z"],
  ["left", 2],
  ["hang", "deadline_exceeded"],
  ["hang", "cancelled"],
  ["flaky", 3],
  ["again", 7],
  ["elsewhere", 7],
  ["keyed", 7],
  ["from", "bob in Paris"],
  ["nobody", "unauthenticated"],
  ["key", "alice"],
  ["big", 1_048_576, 255],
  ["password", "alice"],
  ["wrong", "unauthenticated"],
  ["code", "second_factor_required"],
  ["code", "unauthenticated"],
  ["code", "carol", "carol", ["totp", "recovery"]],
  ["certificate", "certificate:worker.internal"],
  ["untrusted", "unavailable"],
];

/** … and over the HTTPS gateway, where clients of the language speak WebSocket. */
export const seenOfGateway: readonly unknown[] = [
  ["gateway", "alice", 1_048_576, 500_500],
  ["gateway", "unauthenticated"],
];
