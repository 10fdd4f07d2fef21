import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { requireProtection } from "../../../lib/transport/scheme/loopback.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";

Deno.test("requireProtection() refuses tcp:// beyond loopback, unless that is allowed", () => {
  for (const text of ["tcp://0.0.0.0:0", "tcp://192.0.2.1:1", "tcp://[::]:1"]) {
    const address = parseAddress(text);
    const error = assertThrows(() => requireProtection(address), DariError, "--insecure");
    assertEquals(error.code, "configuration");
    requireProtection(address, true);
  }
});

Deno.test("requireProtection() takes loopback, and schemes that protect themselves", () => {
  for (const text of ["tcp://localhost:1", "tcp://[::1]:1", "tls://192.0.2.1:1", "unix:/run/s"]) {
    requireProtection(parseAddress(text));
  }
});
