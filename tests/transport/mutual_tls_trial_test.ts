import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { describeClient } from "../../lib/bridge/peer_certificate.ts";
import { makeTrialCertificates } from "../../lib/bridge/trial_certificates.ts";
import { DariError } from "../../lib/base/errors.ts";
import { listenTried } from "../../lib/transport/mutual_tls_trial.ts";
import type { ShownCertificates } from "../../lib/transport/shown_certificates.ts";
import { resumeSession } from "../../lib/transport/session_trial.ts";
import { dialAs, world } from "../support/mutual_tls.ts";

async function optionsOfWorld() {
  const { server, authority } = await world();
  return {
    host: "127.0.0.1",
    port: 0,
    cert: server.cert,
    key: server.key,
    clientCa: authority.pem,
    describe: describeClient,
    isRevoked: () => false,
  };
}

Deno.test("listenTried() gives a listener that knows the configured authorities and no longer the trial's", async () => {
  const { client } = await world();
  const trial = await makeTrialCertificates();
  const refused: string[] = [];
  const onRefused = (_: string, reason: string) => refused.push(reason);
  const listener = await listenTried({ ...await optionsOfWorld(), onRefused }, trial);
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
  const options = await optionsOfWorld();
  const describe = async (shown: ShownCertificates) => ({
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
    async () => listenTried(await optionsOfWorld(), { ...trial, stranger: trial.member }),
    DariError,
    "Did not hold: a foreign certificate (was let in)",
  );
});

Deno.test("listenTried() refuses to listen where nobody would get in", async () => {
  const trial = await makeTrialCertificates();
  await assertRejects(
    async () => listenTried({ ...await optionsOfWorld(), isRevoked: () => true }, trial),
    DariError,
    "Did not hold: a valid certificate (was refused)",
  );
});

Deno.test("resumeSession() gets into a listener that does not look for it", async () => {
  const trial = await makeTrialCertificates();
  const options = await optionsOfWorld();
  assertEquals(await resumeSession({ ...options, clientCa: undefined }, trial), "let in");
  assertEquals(await resumeSession({ ...options, clientCa: trial.ca }, trial), "refused");
});
