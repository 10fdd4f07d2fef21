import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { hostForm, malformedAddress, pathForm } from "../../../lib/transport/scheme/form.ts";

Deno.test("hostForm reads host and port, and says which of them is malformed", () => {
  assertEquals(hostForm.parse("tls", "[::1]:9090", ""), { kind: "tls", host: "::1", port: 9090 });
  const reasons: Record<string, string> = {
    "host": "a port of 0 to 65535 must follow the host",
    "[host]:1": "the text in brackets is not an IPv6 address",
    "256.1.1.1:1": "its host is not an IPv4 address",
    "::1:1": "an IPv6 host must stand in brackets",
    "a b:1": "its host is not a name",
    "user:secret@host:1": "no user and no password may stand in it",
  };
  for (const [rest, reason] of Object.entries(reasons)) {
    assertThrows(() => hostForm.parse("tls", rest, `tls://${rest}`), DariError, reason);
  }
});

Deno.test("hostForm takes names as long as DNS has them, and no longer ones", () => {
  const name = (...lengths: number[]) => lengths.map((length) => "a".repeat(length)).join(".");
  const read = (host: string) => hostForm.parse("tls", `${host}:1`, `tls://${host}:1`);
  const longest = name(63, 63, 63, 61);
  assertEquals(longest.length, 253);
  for (const host of [longest, `${longest}.`, "a", "a_b", "_a.b-c.", "box.example.com."]) {
    assertEquals(read(host).host, host);
  }
  for (
    const host of [name(63, 63, 63, 62), name(64), name(64, 3), "a..b", ".a", "a-", "-a.b", "."]
  ) {
    assertThrows(() => read(host), DariError, "its host is not a name");
  }
});

Deno.test("pathForm reads a path of at most 107 bytes", () => {
  assertEquals(pathForm.parse("unix", "///run/s", ""), { kind: "unix", path: "/run/s" });
  const longest = `/${"x".repeat(106)}`;
  assertEquals(pathForm.parse("unix", longest, "").path, longest);
  assertThrows(() => pathForm.parse("unix", `${longest}x`, ""), DariError, "this one 108");
  assertThrows(() => pathForm.parse("unix", "", ""), DariError, "a path must follow unix:");
});

Deno.test("malformedAddress() names the text, the reason and an example", () => {
  const { code, message } = malformedAddress("x\x1b", "it is none");
  assertEquals(code, "usage");
  assertEquals(
    message,
    '"x\\u001b" is not an address: it is none; write for instance tls://localhost:9090',
  );
  const nats = malformedAddress("nats://bob:secret@n1,ann:other@n2/orders", "it is none");
  assertEquals(
    nats.message,
    '"nats://…@n2/orders" is not an address: it is none; write for instance nats://localhost:4222/orders',
  );
});
