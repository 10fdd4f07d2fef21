import { assertEquals } from "@std/assert";
import { makeTrialCertificates } from "../../../../lib/cert/server/trial_certificates.ts";
import { resumeSession } from "../../../../lib/transport/tls/trial/session_trial.ts";
import { listenOptions } from "../../../support/mutual_tls.ts";

Deno.test("resumeSession() is accepted by a listener that does not look for it", async () => {
  const trial = await makeTrialCertificates();
  const options = await listenOptions();
  assertEquals(await resumeSession({ ...options, clientCa: undefined }, trial), "accepted");
  assertEquals(await resumeSession({ ...options, clientCa: trial.ca }, trial), "refused");
});
