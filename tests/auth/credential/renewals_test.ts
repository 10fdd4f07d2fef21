import { assertEquals, assertRejects } from "@std/assert";
import { type CertificateRenewer, Renewals } from "../../../lib/auth/credential/renewals.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Collection } from "../../../lib/store/collection.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { TestClock } from "../../support/clock.ts";

/** Renewals of certificates that are their serial numbers: `1` is followed by `2`. */
function workshop() {
  const clock = new TestClock();
  const replaced = new Set<string>();
  const revoked = new Set<string>();
  let issued = 0;
  const renewer: CertificateRenewer = {
    find(serial) {
      if (revoked.has(serial)) throw new DariError("failed_precondition", `${serial} is revoked`);
      return Promise.resolve({ serial, publicKey: "key", isRenewed: replaced.has(serial) });
    },
    async renew(serial) {
      await Promise.resolve();
      if (replaced.has(serial)) throw new DariError("failed_precondition", "it is renewed");
      replaced.add(serial);
      issued++;
      return String(Number(serial) + 1);
    },
  };
  const store = createMemoryStore({ clock });
  const renewals = new Renewals({
    ...{ clock, renewer },
    successors: new Collection(store, "renewal/"),
  });
  return { clock, renewals, revoked, issued: () => issued };
}

Deno.test("a certificate has one successor, however many ask for it and how often", async () => {
  const { renewals, issued } = workshop();
  const asked = await Promise.all(Array.from({ length: 8 }, () => renewals.renew("1")));
  assertEquals(new Set(asked), new Set(["2"]));
  assertEquals(await renewals.renew("1"), "2"); // the answer was lost
  assertEquals((await renewals.find("1")).isRenewed, true);
  assertEquals(issued(), 1);
});

Deno.test("a certificate whose successor was renewed or revoked, or is long since issued, is refused", async () => {
  const { renewals, revoked, clock } = workshop();
  await renewals.renew("1");
  await renewals.renew("2");
  for (const ask of [renewals.renew("1"), renewals.find("1")]) {
    await assertRejects(() => ask, DariError, "Certificate 1 was renewed before");
  }
  revoked.add("3");
  await assertRejects(() => renewals.renew("2"), DariError, "3 is revoked");
  await assertRejects(() => renewals.renew("3"), DariError, "3 is revoked");
  await renewals.renew("7");
  clock.advance(limits.renewalAnswerLifeMs - 1);
  assertEquals(await renewals.renew("7"), "8");
  clock.advance(1);
  await assertRejects(() => renewals.renew("7"), DariError, "Certificate 7 was renewed before");
});

Deno.test("a program without an authority renews nothing", async () => {
  await using store = createMemoryStore();
  const successors = new Collection<{ certificate: string }>(store, "renewal/");
  const renewals = new Renewals({ successors, clock: new TestClock() });
  const error = await assertRejects(() => renewals.find("1"), DariError, "issues no certificates");
  assertEquals(error.code, "failed_precondition");
});
