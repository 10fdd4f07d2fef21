import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { describeClient } from "../../../../lib/cert/path/peer_certificate.ts";
import { makeTrialCertificates } from "../../../../lib/cert/server/trial_certificates.ts";
import { DariError } from "../../../../lib/base/errors.ts";
import {
  type Attempt,
  judgeTrial,
  listenTried,
} from "../../../../lib/transport/tls/trial/client_certificate_trial.ts";
import type { PeerChain } from "../../../../lib/transport/tls/node/peer_chain.ts";
import { resumeSession } from "../../../../lib/transport/tls/trial/session_trial.ts";
import { dialAs, listenOptions, world } from "../../../support/mutual_tls.ts";

Deno.test("listenTried() gives a listener that knows the configured authorities and no longer the trial's", async () => {
  const { client } = await world();
  const trial = await makeTrialCertificates();
  const refused: string[] = [];
  const onRefused = (_: string, reason: string) => refused.push(reason);
  const listener = await listenTried({ ...await listenOptions(), onRefused }, trial);
  assertEquals(refused, [], "the trial's own attempts are nobody's business");
  const accepted = listener[Symbol.asyncIterator]();
  const near = await dialAs(client, listener.at.port);
  assertEquals((await accepted.next()).value.peer.certificate?.identity, "worker.internal");
  near.abort();
  const stranger = await dialAs(trial.member, listener.at.port);
  await stranger.receive().catch(() => null);
  assertEquals(refused.length, 1);
  listener.close();
});

Deno.test("listenTried() refuses to listen where a revoked certificate would get in, and says what held", async () => {
  const options = await listenOptions();
  const describe = async (shown: PeerChain) => ({
    ...await describeClient(shown),
    serial: "0",
  });
  const error = await assertRejects(
    async () => listenTried({ ...options, describe }, await makeTrialCertificates()),
    DariError,
  );
  assertEquals(error.code, "configuration");
  assertStringIncludes(error.message, "Did not hold: a revoked certificate (was let in)");
  assertStringIncludes(error.message, "Held: a valid certificate, no certificate, a foreign");
  assertStringIncludes(error.message, "a resumed session");
});

Deno.test("listenTried() refuses to listen where a foreign certificate would get in", async () => {
  const trial = await makeTrialCertificates();
  await assertRejects(
    async () => listenTried(await listenOptions(), { ...trial, stranger: trial.member }),
    DariError,
    "Did not hold: a foreign certificate (was let in)",
  );
});

Deno.test("listenTried() refuses to listen where nobody would get in", async () => {
  const trial = await makeTrialCertificates();
  await assertRejects(
    async () => listenTried({ ...await listenOptions(), isRevoked: () => true }, trial),
    DariError,
    "Did not hold: a valid certificate (was refused)",
  );
});

Deno.test("listenTried() refuses to listen where no session could be resumed to try it", async () => {
  const trial = await makeTrialCertificates();
  const { server } = await world(); // of an authority that the trial's client does not trust
  await assertRejects(
    async () => listenTried(await listenOptions(), { ...trial, server }),
    DariError,
    "Did not hold: a resumed session (was not answered)",
  );
});

const tried = ["no certificate", "a foreign certificate", "a revoked one", "a resumed session"];
for (const faulty of tried) {
  Deno.test(`judgeTrial() refuses a listener that does not refuse ${faulty}`, () => {
    for (const outcome of ["let in", "not answered"] as const) {
      const attempts = tried.map((what): Attempt => ({
        what,
        expected: "refused",
        outcome: what === faulty ? outcome : "refused",
      }));
      const held = tried.filter((what) => what !== faulty).join(", ");
      const error = assertThrows(() => judgeTrial(attempts), DariError);
      assertEquals(error.code, "configuration");
      assertStringIncludes(
        error.message,
        `Held: ${held}. Did not hold: ${faulty} (was ${outcome})`,
      );
    }
  });
}

Deno.test("resumeSession() gets into a listener that does not look for it", async () => {
  const trial = await makeTrialCertificates();
  const options = await listenOptions();
  assertEquals(await resumeSession({ ...options, clientCa: undefined }, trial), "let in");
  assertEquals(await resumeSession({ ...options, clientCa: trial.ca }, trial), "refused");
});
