import { assertEquals } from "@std/assert";
import { fingerprint } from "../../../lib/cli/trust/fingerprint.ts";

Deno.test("a fingerprint may have colons, spaces and capitals, and has 64 digits", () => {
  const digits = "0123456789abcdef".repeat(4);
  const pairs = digits.toUpperCase().match(/../g)!;
  for (const text of [digits, pairs.join(":"), pairs.join(" ")]) {
    assertEquals(fingerprint.parse(text), digits);
  }
  for (const text of ["", digits.slice(1), `${digits}0`, `g${digits.slice(1)}`]) {
    assertEquals(fingerprint.parse(text), undefined);
  }
});
