import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  encodePem,
  encodePrivateKeyPem,
  generateKeyPair,
  issueLeaf,
  makeAuthority,
  openAuthority,
  openStoreLedger,
  parseCertificates,
} from "../../../lib/cert/mod.ts";
import type { InvitedPurpose } from "../../../lib/auth/mod.ts";
import { JoinedRenewal } from "../../../lib/cli/renewal/joined_renewal.ts";
import type { HeldCertificate } from "../../../lib/cli/renewal/renew_at.ts";
import type { AuditEvent } from "../../../lib/ops/audit/audit.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { TestClock } from "../../support/clock.ts";
import { tempDirectory } from "../../support/temp.ts";

const LIFE_MS = 30 * 86_400_000;

/** A directory that has joined, and its authority on another machine. */
async function joined(purposes: readonly InvitedPurpose[] = ["server", "client"]) {
  await using opening = new AsyncDisposableStack();
  const clock = new TestClock();
  const ledger = openStoreLedger(opening.use(createMemoryStore({ clock })), { clock });
  const { path } = opening.use(await tempDirectory());
  const { privateKey, certificate: root } = await makeAuthority({ clock });
  const authority = await openAuthority(privateKey, [root]);
  const pair = await generateKeyPair();
  const issue = async (name = "server-2.internal", by = authority) => {
    const { der } = await issueLeaf(by, ledger, pair.publicKey, {
      ...{ names: [name], purposes: [...purposes], lifeMs: LIFE_MS, clock },
    });
    return encodePem("CERTIFICATE", der);
  };
  const first = await issue();
  await Deno.writeTextFile(`${path}/ca.crt`, encodePem("CERTIFICATE", root.der), { mode: 0o600 });
  await Deno.writeTextFile(`${path}/server.crt`, first, { mode: 0o600 });
  await Deno.writeTextFile(`${path}/server.key`, await encodePrivateKeyPem(pair.privateKey), {
    mode: 0o600,
  });
  const asked: HeldCertificate[] = [];
  const told: string[] = [];
  const noted: AuditEvent[] = [];
  const answer = { give: () => issue() };
  const renewal = opening.use(
    new JoinedRenewal({
      ...{ data: path, clock, random: () => 0 },
      audit: { note: (event) => void noted.push(event) },
      tell: (line) => told.push(line),
      ask: (held) => {
        asked.push(held);
        return answer.give();
      },
    }),
  );
  const opened = opening.move();
  return {
    ...{ clock, renewal, asked, told, noted, answer, issue, first, path },
    certificate: () => Deno.readTextFile(`${path}/server.crt`),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

Deno.test("a certificate is renewed at two thirds of its life, once, and its key stays", async () => {
  await using at = await joined();
  at.clock.advance(LIFE_MS * limits.renewAfterLifeShare - 2 * limits.certificateBackdateMs);
  await at.renewal.look();
  assertEquals(at.asked.length, 0);
  at.clock.advance(4 * limits.certificateBackdateMs);
  await at.renewal.look();
  await at.renewal.look();
  assertEquals(at.asked.length, 1);
  assertStringIncludes(at.asked[0]!.key, "PRIVATE KEY");
  const [successor] = parseCertificates(await at.certificate());
  const [before] = parseCertificates(at.first);
  assert(successor.notAfterMs > before.notAfterMs);
  assertEquals(at.noted.map(({ kind, about, data }) => [kind, about, data?.replaces]), [
    ["certificate.renewed", successor.serial, before.serial],
  ]);
  assertEquals((await Deno.stat(`${at.path}/server.crt`)).mode! & 0o777, 0o600);
});

Deno.test("a renewal that failed is tried again, the certificate stays, and it is told", async () => {
  await using at = await joined();
  at.clock.advance(LIFE_MS * 0.9);
  at.answer.give = () => Promise.reject(new DariError("failed_precondition", "it is revoked"));
  await at.renewal.look();
  await at.renewal.look();
  assertEquals([at.asked.length, at.told], [1, [
    "The certificate of this server was not renewed: it is revoked",
  ]]);
  assertEquals(await at.certificate(), at.first);
  at.clock.advance(limits.renewalRetryMs);
  at.answer.give = () => at.issue();
  await at.renewal.look();
  assert(await at.certificate() !== at.first);
});

Deno.test("what is not the authority's, or for another name, is not taken", async () => {
  await using at = await joined();
  at.clock.advance(LIFE_MS * 0.9);
  const other = await makeAuthority({ clock: at.clock });
  const foreign = await openAuthority(other.privateKey, [other.certificate]);
  const wrong = [
    () => at.issue("server-3.internal"),
    () => at.issue("server-2.internal", foreign),
    () => Promise.resolve("no certificate"),
  ];
  for (const give of wrong) {
    at.answer.give = give;
    await at.renewal.look();
    at.clock.advance(limits.renewalRetryMs);
  }
  assertEquals([at.asked.length, at.told.length], [3, 3]);
  assertEquals([await at.certificate(), at.noted], [at.first, []]);
});

Deno.test("a server that has the authority's key, or did not join, asks nobody", async () => {
  await using holder = await joined();
  await Deno.writeTextFile(`${holder.path}/ca.key`, "");
  await using own = await joined(["server"]);
  for (const at of [holder, own]) {
    at.clock.advance(LIFE_MS * 0.9);
    await at.renewal.look();
    assertEquals([at.asked, at.told], [[], []]);
  }
});

Deno.test("somebody who joined again meanwhile keeps the new certificate", async () => {
  await using at = await joined();
  at.clock.advance(LIFE_MS * 0.9);
  const again = await at.issue();
  at.answer.give = async () => {
    await Deno.writeTextFile(`${at.path}/server.crt`, again);
    return await at.issue();
  };
  await at.renewal.look();
  assertEquals([await at.certificate(), at.noted], [again, []]);
});
