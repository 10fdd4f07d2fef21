/**
 * One contestant of the benchmark of calls through NATS: dari's server, or bare request and reply by
 * the same package and the same sockets.
 *
 * Arguments: contestant, host and port of the NATS server, directory of the certificate.
 *
 * @module
 */

import { type Gate, openIdentity } from "../../../lib/auth/mod.ts";
import { CallMetrics } from "../../../lib/ops/metrics/call_metrics.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { method, serve } from "../../../mod.ts";
import { schemaOf } from "../dari/schema.ts";
import { openBareBus } from "./bare.ts";

const [contestant = "", at = "", directory = ""] = Deno.args;
let last: Promise<void> = Promise.resolve();

if (contestant === "bare") await serveBare();
else await serveDari();
await new Promise(() => {}); // until the benchmark ends this process

/** Callbacks, which the package's documentation calls faster than iterators. */
async function serveBare(): Promise<void> {
  const { nats } = await openBareBus(at);
  nats.subscribe("bare.add", {
    callback: (_, message) => {
      const { a, b } = message.json<{ a: number; b: number }>();
      message.respond(JSON.stringify(a + b));
    },
  });
  nats.subscribe("bare.echo", {
    callback: (_, message) => {
      const { value } = message.json<{ value: string }>();
      message.respond(JSON.stringify(value));
    },
  });
  await nats.flush();
  console.log(JSON.stringify({ address: at }));
}

/** As it runs in earnest: params checked, a principal with rights, deadlines, durations counted. */
async function serveDari(): Promise<void> {
  const identity = await openIdentity(createMemoryStore(), {
    policy: { roles: { user: ["add", "echo", "core", "wait"] } },
  });
  await identity.accounts.add({ name: "bench" });
  const account = await identity.accounts.record("bench");
  const { token } = await identity.sessions.create(account, { address: "bench" });
  const principal = await identity.gate.authenticate(token, "add", undefined);
  const gate: Gate = { ...identity.gate, identify: () => Promise.resolve(principal) };
  const server = await serve({
    listen: `nats://${at}/bench`,
    tls: {
      cert: await Deno.readTextFile(`${directory}/service.crt`),
      key: await Deno.readTextFile(`${directory}/service.key`),
    },
    methods: {
      add: method({
        params: schemaOf<{ a: number; b: number }>({ a: "number", b: "number" }),
        handler: ({ a, b }) => a + b,
      }),
      echo: method({
        params: schemaOf<{ value: string }>({ value: "string" }),
        handler: ({ value }) => value,
      }),
      core: method({ params: schemaOf<{ turns: number }>({ turns: "number" }), handler: useCore }),
      wait: method({
        params: schemaOf<{ ms: number }>({ ms: "number" }),
        handler: ({ ms }) => atATime(() => new Promise((resolve) => setTimeout(resolve, ms))),
      }),
    },
    gate,
    observer: new CallMetrics(),
  });
  console.log(JSON.stringify({ address: server.addresses[0] }));
}

function useCore({ turns }: { turns: number }): number {
  let sum = 0;
  for (let turn = 0; turn < turns; turn++) sum = Math.imul(sum ^ turn, 0x9e3779b1);
  return sum;
}

/** As with a device that does one thing at a time. */
function atATime(work: () => Promise<void>): Promise<void> {
  return last = last.then(work);
}
