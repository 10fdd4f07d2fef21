import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { LedgerEntries } from "../../../lib/cert/ledger/entries.ts";
import {
  concernsKey,
  type LedgerEvent,
  type RevocationReason,
  revocationReasons,
} from "../../../lib/cert/ledger/event.ts";
import { issued, revoked } from "../../support/ledgers.ts";

const [KEY, OTHER_KEY] = ["a1".repeat(20), "b2".repeat(20)];
const reasons = Object.keys(revocationReasons) as RevocationReason[];

function entriesOf(...events: LedgerEvent[]): LedgerEntries {
  const entries = new LedgerEntries();
  for (const event of events) entries.apply(event);
  return entries;
}

function revokedFor(serial: string, reason: RevocationReason): LedgerEvent {
  return { event: "revoked", atMs: 3, serial, reason };
}

function revokedIn(entries: LedgerEntries): string[] {
  return [...entries.values()].filter((one) => one.revoked !== undefined).map((one) => one.serial);
}

Deno.test("LedgerEntries refuses the same serial twice and a revocation of what was never issued", () => {
  const entries = entriesOf(issued("1"));
  assertThrows(() => entries.apply(issued("1")), DariError, "same serial");
  assertThrows(() => entries.apply(revoked("2")), DariError, "never issued");
});

Deno.test("LedgerEntries keeps the first of two revocations", () => {
  const entries = entriesOf(issued("1"), revoked("1"), revokedFor("1", "keyCompromise"));
  assertEquals(entries.get("1")?.revoked, { atMs: 2, reason: "superseded" });
});

for (const reason of reasons.filter(concernsKey)) {
  Deno.test(`a revocation for ${reason} takes all certificates of the key, whichever is named`, () => {
    for (const named of ["1", "2", "3", "5"]) {
      const entries = entriesOf(
        issued("1", { key: KEY }),
        issued("2", { key: KEY, replaces: "1" }),
        issued("3", { key: KEY, replaces: "1" }), // a sibling
        issued("4", { key: OTHER_KEY }),
        issued("5", { key: KEY }), // the same request signed again
        revokedFor(named, reason),
        issued("6", { key: KEY }), // and what comes later
      );
      assertEquals(revokedIn(entries), ["1", "2", "3", "5", "6"], named);
      assertEquals([KEY, OTHER_KEY].map((key) => entries.isKeyRevoked(key)), [true, false]);
    }
  });
}

Deno.test("a superseded certificate takes what it was renewed from, and leaves key and successor", () => {
  const entries = entriesOf(
    issued("1", { key: KEY }),
    issued("2", { key: KEY, replaces: "1" }),
    issued("3", { key: KEY, replaces: "2" }),
    revokedFor("2", "superseded"),
  );
  assertEquals(revokedIn(entries), ["1", "2"]);
  assertEquals(entries.isKeyRevoked(KEY), false);
  assertEquals(entries.isNews({ serial: "2", reason: "superseded" }), false);
  assertEquals(entries.isNews({ serial: "2", reason: "keyCompromise" }), true);
  entries.apply(revokedFor("2", "keyCompromise"));
  assertEquals(revokedIn(entries), ["1", "2", "3"]);
  assertEquals(entries.isNews({ serial: "2", reason: "keyCompromise" }), false);
});

Deno.test("certificates of a ledger without keys belong together by their renewals", () => {
  const entries = entriesOf(
    issued("1"),
    issued("2", { replaces: "1" }),
    issued("3", { replaces: "2", key: KEY }), // this version has recorded the key
    issued("4"),
    revokedFor("1", "keyCompromise"),
  );
  assertEquals(revokedIn(entries), ["1", "2", "3"]);
});

Deno.test("families that turn out to have one key are revoked together", () => {
  for (const named of ["1", "2"]) {
    const entries = entriesOf(
      issued("1", { key: KEY }),
      issued("2"),
      revokedFor(named, "keyCompromise"),
      issued("3", { key: KEY, replaces: "2" }),
    );
    assertEquals(revokedIn(entries), ["1", "2", "3"], named);
  }
});

Deno.test("a certificate with a key of its own in another's place is not revoked with it", () => {
  const entries = entriesOf(
    issued("1", { key: KEY }),
    issued("2", { key: OTHER_KEY, replaces: "1" }),
    revokedFor("1", "keyCompromise"),
  );
  assertEquals(revokedIn(entries), ["1"]);
});

Deno.test("an authority's own certificate is not revoked with a leaf of its key", () => {
  const entries = entriesOf(
    issued("1", { purposes: ["authority"], key: KEY }),
    issued("2", { key: KEY }),
    revokedFor("2", "keyCompromise"),
  );
  assertEquals(revokedIn(entries), ["2"]);
});

Deno.test("lastRenewal() follows renewals to their end, and out of a circle", () => {
  const entries = entriesOf(issued("1"), issued("2", { replaces: "1" }));
  entries.apply(issued("3", { replaces: "2" }));
  assertEquals(entries.lastRenewal(entries.get("1")!).serial, "3");
  assertEquals(entries.lastRenewal(entries.get("3")!).serial, "3");
  const circle = entriesOf(issued("1", { replaces: "2" }), issued("2", { replaces: "1" }));
  circle.apply(issued("3", { replaces: "3" }));
  assertEquals(circle.lastRenewal(circle.get("1")!).serial, "2");
  circle.apply(revokedFor("1", "superseded"));
});

Deno.test("copy() is apart from what it was made of", () => {
  const entries = entriesOf(issued("1", { key: KEY }), issued("2", { key: KEY }));
  const copy = entries.copy();
  copy.apply(revokedFor("1", "keyCompromise"));
  assertEquals([revokedIn(entries), revokedIn(copy)], [[], ["1", "2"]]);
  assertEquals([entries.isKeyRevoked(KEY), copy.isKeyRevoked(KEY)], [false, true]);
  const listed = (
    number: string,
  ) => ({ event: "listed", atMs: 1, authority: "aa", number } as const);
  entries.apply(listed("2"));
  const later = entries.copy();
  later.apply(listed("3"));
  later.apply(issued("3", { key: KEY }));
  assertEquals([entries, later].map((each) => each.listNumber("aa")), [2n, 3n]);
  assertEquals([entries, later].map((each) => each.ofSameKey("1").length), [2, 3]);
});

Deno.test("clear() forgets certificates, revoked keys and numbers of lists", () => {
  const entries = entriesOf(
    issued("1", { key: KEY }),
    revokedFor("1", "keyCompromise"),
    { event: "listed", atMs: 1, authority: "aa", number: "2" },
  );
  entries.clear();
  assertEquals([entries.size, entries.isKeyRevoked(KEY), entries.listNumber("aa")], [0, false, 0n]);
  assertEquals(entries.ofSameKey("1"), []);
  entries.apply(issued("1", { key: KEY }));
  assertEquals(entries.ofSameKey("1").map(({ serial }) => serial), ["1"]);
});

Deno.test("a revocation list never gets a lower number than one before", () => {
  const entries = entriesOf({ event: "listed", atMs: 1, authority: "aa", number: "a" });
  entries.apply({ event: "listed", atMs: 2, authority: "aa", number: "9" });
  assertEquals([entries.listNumber("aa"), entries.listNumber("bb")], [10n, 0n]);
});
