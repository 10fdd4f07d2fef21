import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { Address } from "../../../lib/transport/address.ts";
import { formatAddress, parseAddress } from "../../../lib/transport/scheme/parse.ts";

Deno.test("parseAddress() takes every kind of address, TLS where none is named", () => {
  const cases: Record<string, Address> = {
    "tls://localhost:9090": { kind: "tls", host: "localhost", port: 9090 },
    "localhost:9090": { kind: "tls", host: "localhost", port: 9090 },
    "tcp://127.0.0.1:0": { kind: "tcp", host: "127.0.0.1", port: 0 },
    "https://[::1]:443": { kind: "https", host: "::1", port: 443 },
    "nats://n-1.example_2.:4222": {
      kind: "nats",
      servers: [{ host: "n-1.example_2.", port: 4222 }],
      service: limits.serviceName,
    },
    "nats://a,[::1]:1/orders": {
      kind: "nats",
      servers: [{ host: "a", port: limits.natsPort }, { host: "::1", port: 1 }],
      service: "orders",
    },
    "nats://a/orders/i-1_X": {
      kind: "nats",
      servers: [{ host: "a", port: limits.natsPort }],
      service: "orders",
      instance: "i-1_X",
    },
    "unix:/run/dari.sock": { kind: "unix", path: "/run/dari.sock" },
    "unix:///run/dari.sock": { kind: "unix", path: "/run/dari.sock" },
    "unix:./다리": { kind: "unix", path: "./다리" },
  };
  for (const [text, address] of Object.entries(cases)) assertEquals(parseAddress(text), address);
});

Deno.test("parseAddress() refuses everything else, showing it with its controls escaped", () => {
  const wrong = [
    "",
    ":",
    "host",
    "host:",
    ":80",
    "host:65536",
    "host:-1",
    "host:1e3",
    "host: 80",
    "host:80 ",
    "http://host:80",
    "ssh://host:22",
    "tls:/host:80",
    "tls://:80",
    "tls://a b:80",
    "::1:80",
    "[::1:80",
    "[host]:80",
    "[]:80",
    "256.1.1.1:80",
    "1.2.3.999:80",
    "-a:80",
    "a/b:80",
    "a@b:80",
    "unix:",
    "unix:/a\0b",
    `unix:/${"x".repeat(107)}`,
    `unix:/${"다".repeat(36)}`,
    "tls://h\x1b:1",
    "nats://",
    "nats:///orders",
    "nats://a,",
    "nats://a/",
    "nats://a/Orders",
    "nats://a/orders/",
    "nats://a/orders/x.y",
    "nats://a/orders/x/y",
    "nats://a:b@c:1",
  ];
  for (const text of wrong) {
    const error = assertThrows(() => parseAddress(text), DariError, "is not an address");
    assertEquals(error.code, "usage");
    assertEquals(error.message.includes("\x1b") || error.message.includes("\0"), false);
  }
});

Deno.test("an address names at most maxNatsServers and a service of maxServiceNameLength", () => {
  const servers = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`).join(",");
  parseAddress(
    `nats://${servers(limits.maxNatsServers)}/${"s".repeat(limits.maxServiceNameLength)}`,
  );
  assertThrows(() => parseAddress(`nats://${servers(limits.maxNatsServers + 1)}`), DariError);
  const long = "s".repeat(limits.maxServiceNameLength + 1);
  assertThrows(() => parseAddress(`nats://a/${long}`), DariError);
});

const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom("localhost", "a", "a-b.c_d"),
);
const address: fc.Arbitrary<Address> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("tls" as const, "tcp" as const, "https" as const),
    host,
    port: fc.integer({ min: 0, max: 65_535 }),
  }),
  fc.record({
    kind: fc.constant("nats" as const),
    servers: fc.array(
      fc.tuple(host, fc.integer({ min: 0, max: 65_535 })).map(([host, port]) => ({ host, port })),
      { minLength: 1, maxLength: limits.maxNatsServers },
    ),
    service: fc.constantFrom(limits.serviceName, "a", "x-9", "o".repeat(63)),
    instance: fc.constantFrom("i", "-_9"),
  }, { requiredKeys: ["kind", "servers", "service"] }),
  fc.string({ minLength: 1, maxLength: 30, unit: "grapheme-ascii" })
    .filter((path) => !path.startsWith("/"))
    .map((path): Address => ({ kind: "unix", path: `/${path}` })),
);

Deno.test("parseAddress() reads back what formatAddress() wrote", () => {
  fc.assert(fc.property(address, (parts) => {
    assertEquals(parseAddress(formatAddress(parts)), { ...parts });
  }));
});

Deno.test("parseAddress() gives an address or a usage error for any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    try {
      assertEquals(parseAddress(formatAddress(parseAddress(text))), parseAddress(text));
    } catch (error) {
      if (!(error instanceof DariError) || error.code !== "usage") throw error;
    }
  }));
});

Deno.test("parseAddress() offers the schemes that can be used, and no others", () => {
  const error = assertThrows(() => parseAddress("ftp://localhost:21"), DariError);
  assertMatch(
    error.message,
    /its scheme must be tls:\/\/, unix:, tcp:\/\/, wss:\/\/, https:\/\/ or nats:\/\/; write/,
  );
});
