import { assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import type { PeerCertificate } from "../../../../lib/transport/connection.ts";
import { CertificateWatch } from "../../../../lib/transport/tls/node/certificate_watch.ts";
import { TestClock } from "../../../support/clock.ts";
import { FakeTimers } from "../../../support/fake_timers.ts";

const HOUR_MS = 60 * 60 * 1_000;

/** A watch whose time stands still, and a certificate that is valid for an hour. */
function start(isRevoked: (serial: string) => boolean = () => false) {
  const clock = new TestClock();
  const certificate: PeerCertificate = {
    identity: "worker.internal",
    subject: "CN=worker",
    serial: "2a",
    fingerprint: "00",
    notAfterMs: clock.now() + HOUR_MS,
  };
  const faultOf = ({ serial }: PeerCertificate) =>
    isRevoked(serial) ? `its certificate ${serial} was revoked` : undefined;
  return { clock, certificate, watch: new CertificateWatch(faultOf, clock) };
}

Deno.test("CertificateWatch refuses a certificate after its last moment, and not in it", () => {
  const { clock, certificate, watch } = start();
  clock.advance(HOUR_MS);
  assertEquals(watch.faultOf(certificate), undefined);
  clock.advance(1);
  assertEquals(watch.faultOf(certificate), "its certificate 2a has expired");
});

Deno.test("CertificateWatch refuses a revoked certificate, and every one when revocations cannot be read", () => {
  const revoked = start((serial) => serial === "2a");
  assertEquals(revoked.watch.faultOf(revoked.certificate), "its certificate 2a was revoked");
  const unreadable = start(() => {
    throw new Error("the ledger is damaged");
  });
  assertMatch(unreadable.watch.faultOf(unreadable.certificate) ?? "", /the ledger is damaged/);
});

Deno.test("CertificateWatch cuts the connections whose certificate became invalid, and no others", () => {
  const { clock, certificate, watch } = start();
  const cuts: string[] = [];
  const later = { ...certificate, serial: "2b", notAfterMs: certificate.notAfterMs + HOUR_MS };
  const removals = [
    watch.add(certificate, (reason) => cuts.push(reason)),
    watch.add(later, (reason) => cuts.push(reason)),
    watch.add(certificate, () => cuts.push("a connection that has closed")),
  ];
  removals[2]?.();
  watch.check();
  assertEquals(cuts, []);
  clock.advance(HOUR_MS + 1);
  watch.check();
  assertEquals(cuts, ["its certificate 2a has expired"]);
  for (const remove of removals) remove();
  watch.check();
  assertEquals(cuts.length, 1);
});

Deno.test("CertificateWatch has one timer for all connections, until it finds none", () => {
  using timers = new FakeTimers();
  const { clock, certificate, watch } = start();
  const cuts: string[] = [];
  for (let times = 0; times < 3; times++) watch.add(certificate, () => {})();
  const remove = watch.add(certificate, (reason) => cuts.push(reason));
  assertEquals(timers.count, 1);
  clock.advance(HOUR_MS + 1);
  timers.advance(limits.recheckMs);
  assertEquals([cuts.length, timers.count], [1, 1]);
  remove();
  timers.advance(limits.recheckMs);
  assertEquals([cuts.length, timers.count], [1, 0]);
  watch.add(certificate, (reason) => cuts.push(reason));
  timers.advance(limits.recheckMs);
  assertEquals([cuts.length, timers.count], [2, 1]);
});
