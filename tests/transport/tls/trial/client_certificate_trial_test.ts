import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { makeTrialCertificates } from "../../../../lib/cert/server/trial_certificates.ts";
import type { PeerChain } from "../../../../lib/transport/tls/node/peer_chain.ts";
import {
  type Attempt,
  checkAttempts,
  tryClientCertificates,
} from "../../../../lib/transport/tls/trial/client_certificate_trial.ts";
import { listenOptions, world } from "../../../support/mutual_tls.ts";

Deno.test("tryClientCertificates() passes a configuration that is in order, and reports no refusal", async () => {
  const refused: string[] = [];
  const onRefused = (_: string, reason: string) => refused.push(reason);
  const options = { ...await listenOptions(), onRefused, maxConnections: 1 };
  await tryClientCertificates(options, await makeTrialCertificates());
  assertEquals(refused, [], "the refusals of the trial's own attempts are no news");
});

Deno.test("tryClientCertificates() refuses a configuration that accepts a revoked certificate, and says what passed", async () => {
  const options = await listenOptions();
  const verifyClient = async (chain: PeerChain) => ({
    ...await options.verifyClient(chain),
    serial: "0",
  });
  const error = await assertRejects(
    async () => tryClientCertificates({ ...options, verifyClient }, await makeTrialCertificates()),
    DariError,
  );
  assertEquals(error.code, "configuration");
  assertStringIncludes(
    error.message,
    "Failed: a revoked certificate (was accepted, should be refused)",
  );
  assertStringIncludes(error.message, "Passed: a valid certificate, no certificate, a foreign");
  assertStringIncludes(error.message, "a resumed session");
});

Deno.test("tryClientCertificates() refuses a configuration that accepts a foreign certificate", async () => {
  const trial = await makeTrialCertificates();
  await assertRejects(
    async () => tryClientCertificates(await listenOptions(), { ...trial, stranger: trial.member }),
    DariError,
    "Failed: a foreign certificate (was accepted, should be refused)",
  );
});

Deno.test("tryClientCertificates() refuses a configuration that accepts no certificate at all", async () => {
  const trial = await makeTrialCertificates();
  await assertRejects(
    async () => tryClientCertificates({ ...await listenOptions(), isRevoked: () => true }, trial),
    DariError,
    "Failed: a valid certificate (was refused, should be accepted)",
  );
});

Deno.test("tryClientCertificates() refuses to go on when no session could be resumed to try it", async () => {
  const trial = await makeTrialCertificates();
  const { server } = await world(); // of an authority that the trial's client does not trust
  await assertRejects(
    async () => tryClientCertificates(await listenOptions(), { ...trial, server }),
    DariError,
    "Failed: a resumed session (was not answered, should be refused)",
  );
});

const tried = ["no certificate", "a foreign certificate", "a revoked one", "a resumed session"];
for (const faulty of tried) {
  Deno.test(`checkAttempts() refuses a configuration that does not refuse ${faulty}`, () => {
    for (const outcome of ["accepted", "not answered"] as const) {
      const attempts = tried.map((what): Attempt => ({
        what,
        expected: "refused",
        outcome: what === faulty ? outcome : "refused",
      }));
      const passed = tried.filter((what) => what !== faulty).join(", ");
      const error = assertThrows(() => checkAttempts(attempts), DariError);
      assertEquals(error.code, "configuration");
      assertStringIncludes(
        error.message,
        `Passed: ${passed}. Failed: ${faulty} (was ${outcome}, should be refused)`,
      );
    }
  });
}
