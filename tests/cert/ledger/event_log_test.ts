import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openRevocations } from "../../../lib/cert/ledger/revocations.ts";
import { facts, type LedgerForm, ledgerForms } from "../../support/ledgers.ts";

const contract: Record<string, (form: LedgerForm) => Promise<void>> = {
  "gives certificates in the order in which they were issued": async ({ open }) => {
    const [one, other] = [await open(), await open()];
    for (const serial of ["9", "1", "5"]) await one.recordIssued({ ...facts, serial });
    await other.revoke("9");
    await other.recordIssued({ ...facts, serial: "0a" });
    for (const ledger of [one, other, await open()]) {
      assertEquals((await ledger.entries()).map(({ serial }) => serial), ["9", "1", "5", "0a"]);
    }
  },
  "takes one of several records with the same serial": async ({ open }) => {
    const [one, other] = [await open(), await open()];
    const results = await Promise.allSettled([
      one.recordIssued({ ...facts, serial: "1" }),
      one.recordIssued({ ...facts, serial: "1" }),
      other.recordIssued({ ...facts, serial: "1" }),
      other.recordIssued({ ...facts, serial: "2" }),
    ]);
    assertEquals(results.map(({ status }) => status).sort(), [
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    assertEquals((await one.entries()).map(({ serial }) => serial).sort(), ["1", "2"]);
  },
  "loses no event of writers that write at once": async ({ open }) => {
    const ledgers = await Promise.all([open(), open(), open(), open()]);
    const serials = Array.from({ length: 40 }, (_, i) => i.toString(16));
    await Promise.all(
      serials.map((serial, i) => ledgers[i % 4]!.recordIssued({ ...facts, serial })),
    );
    await Promise.all(serials.map((serial, i) => ledgers[(i + 1) % 4]!.revoke(serial)));
    const all = await Promise.all(ledgers.map((ledger) => ledger.entries()));
    for (const entries of all) assertEquals(entries, all[0]);
    assertEquals(all[0]!.length, 40);
    assert(all[0]!.every((entry) => entry.revoked !== undefined));
  },
  "revokes only what was issued, and once": async ({ open }) => {
    const [one, other] = [await open(), await open()];
    const unknown = await assertRejects(() => one.revoke("12"), DariError, "no certificate");
    assertEquals(unknown.code, "not_found");
    await one.recordIssued({ ...facts, serial: "abcdef" });
    const results = await Promise.allSettled([
      one.revoke("00:AB:CD:EF", "keyCompromise"),
      other.revoke("abcdef", "privilegeWithdrawn"),
    ]);
    assertEquals(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const again = await assertRejects(() => other.revoke("abcdef"), DariError, "revoked since");
    assertEquals(again.code, "already_exists");
  },
  "revokes by key, and superseded certificates by their renewals": async ({ open }) => {
    const ledger = await open();
    await ledger.recordIssued({ ...facts, serial: "1" });
    await ledger.recordIssued({ ...facts, serial: "2", replaces: "1" });
    await ledger.recordIssued({ ...facts, serial: "3", replaces: "2" });
    await ledger.recordIssued({ ...facts, serial: "4", replaces: "3" });
    const reasons = async () =>
      (await (await open()).entries()).map(({ revoked }) => revoked?.reason ?? "none");
    await ledger.revoke("2", "superseded");
    assertEquals(await reasons(), ["superseded", "superseded", "none", "none"]);
    await ledger.revoke("3", "keyCompromise");
    const all = ["superseded", "superseded", "keyCompromise", "keyCompromise"];
    assertEquals(await reasons(), all);
    const same = await (await open()).entriesOfSameKey("3");
    assertEquals(same.map(({ serial }) => serial), ["1", "2", "3", "4"]);
  },
  "lets one of several renewals of a certificate in": async ({ open }) => {
    const ledgers = await Promise.all([open(), open(), open()]);
    await ledgers[0].recordIssued({ ...facts, serial: "1" });
    const renewals = Array.from(
      { length: 12 },
      (_, i) => ledgers[i % 3]!.recordIssued({ ...facts, serial: `a${i}`, replaces: "1" }),
    );
    const results = await Promise.allSettled(renewals);
    assertEquals(results.filter(({ status }) => status === "fulfilled").length, 1);
    const errors = results.filter((result) => result.status === "rejected");
    assertEquals(
      new Set(errors.map(({ reason }) => reason.code)),
      new Set(["failed_precondition"]),
    );
    assertEquals((await ledgers[0].entries()).length, 2);
  },
  "lets no certificate of a revoked key out, however they race": async ({ open }) => {
    const [one, other] = [await open(), await open()];
    for (let round = 0; round < 10; round++) {
      const key = String(round).repeat(40);
      await one.recordIssued({ ...facts, serial: `a${round}`, key });
      await Promise.allSettled([
        one.recordIssued({ ...facts, serial: `b${round}`, key, replaces: `a${round}` }),
        other.revoke(`a${round}`, "keyCompromise"),
        one.recordIssued({ ...facts, serial: `c${round}`, key }),
        other.recordIssued({ ...facts, serial: `d${round}`, key }),
      ]);
      const late = one.recordIssued({ ...facts, serial: `e${round}`, key });
      const error = await assertRejects(() => late, DariError, "is revoked");
      assertEquals(error.code, "failed_precondition");
    }
    const entries = await one.entries();
    assert(entries.every((entry) => entry.revoked?.reason === "keyCompromise"));
  },
  "refuses to revoke an authority, and says what to do": async ({ open }) => {
    const ledger = await open();
    await ledger.recordIssued({ ...facts, serial: "1", purposes: ["authority"] });
    const error = await assertRejects(() => ledger.revoke("1"), DariError, "dari cert rotate");
    assertEquals(error.code, "failed_precondition");
    assertEquals((await ledger.entry("1")).revoked, undefined);
  },
  "refuses a damaged event, whoever asks": async ({ open, damage }) => {
    const old = await open();
    await old.recordIssued({ ...facts, serial: "1" });
    using revocations = await openRevocations(old);
    await damage('{"event":"revoked","serial":"5","atMs":1,"reason":"superseded"}');
    for (const ledger of [old, await open()]) {
      for (
        const use of [
          () => ledger.entries(),
          () => ledger.entry("1"),
          () => ledger.revoke("1"),
          () => ledger.recordIssued({ ...facts, serial: "2" }),
          () => openRevocations(ledger),
        ]
      ) {
        const error = await assertRejects(use, DariError);
        assertEquals(error.code, "data");
      }
    }
    await assertRejects(() => revocations.refresh(), DariError);
  },
  "tells who follows of another's revocation within a second": async ({ open, settle, clock }) => {
    const writer = await open();
    await writer.recordIssued({ ...facts, serial: "1" });
    using revocations = await openRevocations(await open(), clock);
    assert(!revocations.isRevoked("1"));
    await settle(() => writer.revoke("1"));
    assert(revocations.isRevoked("1"));
    assert(!revocations.isRevoked("2"));
  },
  "tells who follows an empty ledger of its first events": async ({ open, settle, clock }) => {
    const writer = await open();
    using revocations = await openRevocations(await open(), clock);
    await settle(async () => {
      await writer.recordIssued({ ...facts, serial: "1" });
      await writer.revoke("1");
    });
    await revocations.refresh();
    assert(revocations.isRevoked("1"));
  },
  "lets nobody rely on a ledger that is gone": async ({ open, settle, lose, clock }) => {
    const writer = await open();
    await writer.recordIssued({ ...facts, serial: "1" });
    await writer.revoke("1");
    using revocations = await openRevocations(await open(), clock);
    await settle(lose);
    await assertRejects(() => revocations.refresh(), DariError);
    assertThrows(() => revocations.isRevoked("1"), DariError);
    assertThrows(() => revocations.isRevoked("2"), DariError);
  },
};

for (const [name, run] of Object.entries(ledgerForms)) {
  for (const [sentence, use] of Object.entries(contract)) {
    Deno.test(`a ledger in a ${name} ${sentence}`, () => run(use));
  }
}
