import { assert, assertLess } from "@std/assert";
import { certLimits } from "../../../lib/base/limits/cert.ts";
import { DAY_MS } from "../../../lib/base/limits/units.ts";

Deno.test("certLimits issue leaves that live shorter than their authority", () => {
  assertLess<number>(certLimits.leafLifeMs, certLimits.maxLeafLifeMs);
  assertLess<number>(certLimits.maxLeafLifeMs, certLimits.authorityLifeMs);
  assertLess<number>(certLimits.authorityLifeMs, certLimits.maxAuthorityLifeMs);
});

Deno.test("certLimits accept no leaf that Apple's platforms refuse: 825 days", () => {
  assert(certLimits.maxLeafLifeMs <= 825 * DAY_MS);
});

Deno.test("certLimits make serial numbers of 64 random bits or more, in at most 20 octets", () => {
  assert(certLimits.serialBytes >= 9 && certLimits.serialBytes <= 20); // RFC 5280 section 4.1.2.2
});

Deno.test("certLimits do at least the derivation that they ask of others", () => {
  assertLess<number>(certLimits.keyDerivationIterations, certLimits.maxKeyDerivationIterations);
});
