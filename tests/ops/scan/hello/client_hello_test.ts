import { assertEquals } from "@std/assert";
import { ByteReader } from "../../../../lib/ops/scan/wire/bytes.ts";
import { encodeClientHello, type Offer } from "../../../../lib/ops/scan/hello/client_hello.ts";
import { parseExtensions } from "../../../../lib/ops/scan/hello/server_hello.ts";

const base: Offer = {
  version: 0x0303,
  random: new Uint8Array(32),
  suites: [0xc02f, 0x2f],
  groups: [29, 23],
  schemes: [0x0403],
  serverName: "api.internal",
  protocols: ["dari/1"],
};

function read(offer: Offer) {
  const reader = new ByteReader(encodeClientHello(offer));
  assertEquals(reader.number(1), 1);
  const body = reader.inside(3);
  assertEquals(reader.done, true);
  const version = body.number(2);
  body.take(32);
  const sessionId = [...body.vector(1)];
  const suites = [...body.vector(2)];
  const compressions = [...body.vector(1)];
  const extensions = body.done ? new Map() : parseExtensions(body.inside(2));
  return { version, sessionId, suites, compressions, extensions };
}

Deno.test("a ClientHello of TLS 1.2 offers that version and nothing newer", () => {
  const { version, suites, compressions, extensions } = read(base);
  assertEquals([version, suites, compressions], [0x0303, [0xc0, 0x2f, 0, 0x2f], [0]]);
  assertEquals(extensions.has(43), false);
  assertEquals(new TextDecoder().decode(extensions.get(0)!.slice(5)), "api.internal");
  assertEquals([...extensions.get(0xff01)!], [0]);
});

Deno.test("a ClientHello of TLS 1.3 names the version in its extension and ends with the session", () => {
  const session = { ticket: Uint8Array.of(9), obscuredAge: 1, binderBytes: 32 };
  const { version, extensions } = read({ ...base, version: 0x0304, session });
  assertEquals([version, [...extensions.get(43)!]], [0x0303, [2, 3, 4]]);
  assertEquals([...extensions.keys()].at(-1), 41);
  assertEquals([...extensions.get(51)!], [0, 0]);
});

Deno.test("a ClientHello of SSL 3.0 has no extensions; compression is offered where it is asked for", () => {
  const { version, extensions, compressions } = read({
    ...base,
    version: 0x0300,
    compression: true,
  });
  assertEquals([version, extensions.size, compressions], [0x0300, 0, [1, 0]]);
});

Deno.test("no name is sent for an IP address, and no groups where none are offered", () => {
  const { extensions } = read({ ...base, serverName: undefined, groups: [] });
  assertEquals([extensions.has(0), extensions.has(10)], [false, false]);
});
