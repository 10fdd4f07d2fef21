import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import type { Connection, Listener } from "../../../lib/transport/connection.ts";
import { listenMemory, memoryPair } from "../../../lib/transport/memory.ts";
import { formatAddress, parseAddress } from "../../../lib/transport/scheme/parse.ts";
import { DEFAULT_SCHEME, listSchemes, schemes } from "../../../lib/transport/scheme/table.ts";

Deno.test("every row of the table reads back what it wrote", () => {
  for (const [name, { form }] of Object.entries(schemes)) {
    const rest = form.separator === ":" ? "/run/s" : "host:1";
    const text = `${name}${form.separator}${rest}`;
    assertEquals(formatAddress(parseAddress(text)), text);
    assertEquals(parseAddress(text).kind, name);
  }
});

Deno.test("a scheme that can be listened on can be connected to", () => {
  for (const [name, scheme] of Object.entries(schemes)) {
    if (scheme.listen !== undefined) assert(scheme.dial, name);
  }
  assert(schemes[DEFAULT_SCHEME].listen);
});

Deno.test("listSchemes() lists the schemes as a sentence has them", () => {
  assertEquals(
    listSchemes(({ dial }) => dial !== undefined),
    "tls://, unix:, tcp://, wss://, https:// or nats://",
  );
  assertEquals(listSchemes(({ needs }) => needs === "certificate"), "tls:// or nats://");
});

Deno.test("the row of nats:// says where it cannot be used", async () => {
  const at = { kind: "nats", servers: [{ host: "a", port: 1 }], service: "orders" } as const;
  const context = { ...noSockets, tls: () => Promise.reject(new Error("no TLS")) };
  for (
    const use of [() => schemes.nats.dial?.(at, context), () => schemes.nats.listen?.(at, context)]
  ) {
    await assertRejects(async () => await use(), DariError, "Cannot use nats://");
  }
});

/** For a row that must ask for neither. */
const noSockets = {
  tcp: () => Promise.reject(new Error("no TCP was asked for")),
  unix: () => Promise.reject(new Error("no Unix socket was asked for")),
  wss: () => Promise.reject(new Error("no WebSocket was asked for")),
};

Deno.test("the row of tls:// leaves certificates to whoever listens and connects", async () => {
  const at = { kind: "tls", host: "example.com", port: 1 } as const;
  const listener: Listener = listenMemory();
  const [connection]: Connection[] = memoryPair();
  const asked: unknown[] = [];
  const { signal } = new AbortController();
  const near = await schemes.tls.dial?.(at, {
    ...noSockets,
    signal,
    tls: (...parameters) => {
      asked.push(...parameters);
      return Promise.resolve(connection!);
    },
  });
  const far = await schemes.tls.listen?.(at, {
    ...noSockets,
    tls: (at) => {
      asked.push(at);
      return Promise.resolve(listener);
    },
  });
  assertEquals(asked, [at, signal, at]);
  assert(near === connection && far === listener);
});
