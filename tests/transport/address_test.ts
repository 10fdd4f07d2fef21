import { assertEquals } from "@std/assert";
import { hostAndPort, isLoopback } from "../../lib/transport/address.ts";

Deno.test("isLoopback() knows this machine's names and no others", () => {
  for (const host of ["localhost", "127.0.0.1", "127.255.0.9", "::1"]) {
    assertEquals(isLoopback(host), true);
  }
  for (const host of ["0.0.0.0", "::", "127.0.0.1.example.com", "127.evil", "10.0.0.1", "::2"]) {
    assertEquals(isLoopback(host), false);
  }
});

Deno.test("hostAndPort() puts IPv6 into brackets", () => {
  assertEquals([hostAndPort("::1", 1), hostAndPort("h", 2)], ["[::1]:1", "h:2"]);
});
