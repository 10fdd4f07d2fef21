import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { metricsAddress } from "../../../lib/endpoint/metrics/metrics_address.ts";

Deno.test("metrics are read on this machine, and beyond it with insecure alone", () => {
  for (const text of ["localhost:9464", "127.0.0.1:0", "[::1]:9464"]) {
    assertEquals(metricsAddress(text).kind, "tcp");
  }
  assertThrows(() => metricsAddress("0.0.0.0:9464"), DariError, "--insecure");
  assertEquals(metricsAddress("0.0.0.0:9464", true).host, "0.0.0.0");
});

Deno.test("a text that is no host with a port is refused", () => {
  for (
    const text of ["", "9464", "localhost", "http://localhost:9464", "localhost:99999", "a b:1"]
  ) {
    const error = assertThrows(() => metricsAddress(text), DariError, "localhost:9464");
    assertEquals(error.code, "usage");
  }
});
