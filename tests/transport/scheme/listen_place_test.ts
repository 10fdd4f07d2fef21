import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { parseListenPlace } from "../../../lib/transport/scheme/listen_place.ts";

Deno.test("parseListenPlace() reads the client authorities of a tls:// listener", () => {
  const address = { kind: "tls", host: "::1", port: 9090 } as const;
  const cases: [text: string, clientCaFile: string][] = [
    ["tls://[::1]:9090?client-ca=.dari/ca.crt", ".dari/ca.crt"],
    ["[::1]:9090?client-ca=/a=b/c+d?e.crt", "/a=b/c+d?e.crt"],
    ["tls://[::1]:9090?client-ca=a%26b%20c.crt", "a&b c.crt"],
  ];
  for (const [text, clientCaFile] of cases) {
    assertEquals(parseListenPlace(text), { address, clientCaFile });
  }
});

Deno.test("parseListenPlace() reads the name of a socket of systemd, of every scheme", () => {
  const host = { host: "::1", port: 1 } as const;
  assertEquals(parseListenPlace("tls://[::1]:1?client-ca=a.crt&systemd=web"), {
    ...{ address: { kind: "tls", ...host }, clientCaFile: "a.crt", socketName: "web" },
  });
  assertEquals(parseListenPlace("tcp://[::1]:1?systemd=a%26b.socket"), {
    ...{ address: { kind: "tcp", ...host }, socketName: "a&b.socket" },
  });
  assertEquals(parseListenPlace("unix:/run/what?x/y?systemd=web"), {
    ...{ address: { kind: "unix", path: "/run/what?x/y" }, socketName: "web" },
  });
});

Deno.test("parseListenPlace() leaves a question mark in the path of a socket alone", () => {
  assertEquals(parseListenPlace("unix:/tmp/what?client-ca=x"), {
    address: { kind: "unix", path: "/tmp/what?client-ca=x" },
  });
});

Deno.test("parseListenPlace() refuses every other setting, and client authorities without TLS", () => {
  const texts = [
    "?",
    "?client-ca=",
    "?client-ca=%",
    "?ca=x",
    "?client-ca=x&ca=y",
    "?systemd=",
    "?systemd=a&systemd=b",
  ];
  const all = [...texts.map((text) => `tls://localhost:1${text}`), "tcp://localhost:1?client-ca=x"];
  for (const text of all) {
    const error = assertThrows(() => parseListenPlace(text), DariError, "is not an address");
    assertEquals(error.code, "usage", text);
  }
});
