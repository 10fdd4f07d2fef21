import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { initAuthority, openStoreLedger, parseCertificates } from "../../../lib/cert/mod.ts";
import { AuditKeeper } from "../../../lib/endpoint/audit/audit_keeper.ts";
import {
  ensureAuditSigner,
  readKeptCheckpoint,
  trusting,
} from "../../../lib/endpoint/audit/audit_signing.ts";
import { contentOf } from "../../../lib/ops/audit/reading/content.ts";
import { readHead } from "../../../lib/ops/audit/tables.ts";
import { verifyAudit } from "../../../lib/ops/audit/reading/verify.ts";
import { type AuditedStore, auditedStore } from "../../support/audit.ts";

/** A store whose directory has an authority, and its keeper. */
async function keptStore(kept: AuditedStore, passphrase?: string) {
  const { directory, store, clock, audit } = kept;
  const ledger = openStoreLedger(store);
  await initAuthority(directory, { ledger, clock, ...(passphrase && { passphrase }) });
  const told: string[] = [];
  const start = (passphrase?: string) =>
    AuditKeeper.start({
      ...{ data: directory, tables: store, audit, ledger, passphrase, clock },
      addresses: ["unix:/x"],
      tell: (line) => told.push(line),
    });
  const judge = async () => {
    const authorities = parseCertificates(await Deno.readTextFile(`${directory}/ca.crt`));
    return await verifyAudit(contentOf(store), { verify: trusting(authorities) });
  };
  return { start, judge, told };
}

Deno.test("a keeper signs what is there, what comes, and at its end the rest", async () => {
  await using kept = await auditedStore();
  const { start, judge, told } = await keptStore(kept);
  {
    await using keeper = await start();
    const signed = (await judge()).signed;
    assertEquals(signed, (await judge()).size);
    await kept.audit.record({ kind: "a.b" });
    await keeper.keep();
    assertEquals((await judge()).signed, signed + 1);
    await kept.audit.record({ kind: "a.b" });
  }
  const { signed, size, faults } = await judge();
  assertEquals([signed, faults, told], [size, [], []]);
  assertEquals((await readKeptCheckpoint(kept.directory)).size, size);
  const { mode } = await Deno.stat(`${kept.directory}/${limits.auditSignerFile}`);
  assertEquals(mode! & 0o777, 0o600);
  const { mode: other } = await Deno.stat(`${kept.directory}/${limits.auditCheckpointFile}`);
  assertEquals(other! & 0o777, 0o600);
});

Deno.test("an authority whose key is locked does not keep the audit from being signed", async () => {
  await using kept = await auditedStore();
  const { start, judge, told } = await keptStore(kept, "correct horse");
  {
    await using locked = await start();
    assertEquals([(await judge()).signed, told], [0, []]);
    // Somebody who knows the passphrase gives the directory what signs: dari audit sign.
    const ledger = openStoreLedger(kept.store);
    const options = { ledger, clock: kept.clock, passphrase: "correct horse" };
    await ensureAuditSigner(kept.directory, options);
    await locked.keep();
    assertEquals((await judge()).signed > 0, true);
    await Deno.remove(`${kept.directory}/${limits.auditSignerFile}`);
  }
  {
    await using _open = await start("correct horse");
  }
  kept.clock.advance(limits.auditCutMs);
  await using locked = await start();
  await kept.audit.record({ kind: "a.b" });
  await locked.keep();
  const { signed, size } = await judge();
  assertEquals([signed, told], [size, []]);
});

Deno.test("a keeper cuts what is older than auditKeepMs, once in auditCutMs, and what is younger stays", async () => {
  await using kept = await auditedStore();
  const { start, judge } = await keptStore(kept);
  await Promise.all(Array.from({ length: 300 }, () => kept.audit.record({ kind: "a.b" })));
  await using keeper = await start();
  const first = async () => (await kept.store.query(readHead))!.first;
  kept.clock.advance(limits.auditKeepMs);
  await keeper.keep();
  assertEquals(await first(), 1);
  kept.clock.advance(1);
  await keeper.keep();
  assertEquals(await first(), 1); // it was looked for less than auditCutMs ago
  kept.clock.advance(limits.auditCutMs);
  await keeper.keep();
  assertEquals(await first(), 257);
  const { faults, signed, size } = await judge();
  assertEquals([faults, signed], [[], size]);
});

Deno.test("a signer past two thirds of auditCertificateLifeMs is replaced, and what it signed still holds", async () => {
  await using kept = await auditedStore();
  const { start, judge } = await keptStore(kept);
  const read = () => Deno.readTextFile(`${kept.directory}/${limits.auditSignerFile}`);
  await using keeper = await start();
  const before = await read();
  const [{ notAfterMs, notBeforeMs }] = parseCertificates(before);
  const life = notAfterMs - notBeforeMs - limits.certificateBackdateMs;
  assert(Math.abs(life - limits.auditCertificateLifeMs) < 2_000);
  kept.clock.advance(limits.auditCertificateLifeMs * limits.renewAfterLifeShare - 3_600_000);
  await keeper.keep();
  assertEquals(await read(), before);
  kept.clock.advance(7_200_000);
  await keeper.keep();
  assert(await read() !== before);
  await kept.audit.record({ kind: "a.b" });
  await keeper.keep();
  const { faults, signed, size } = await judge();
  assertEquals([faults, signed], [[], size]);
});
