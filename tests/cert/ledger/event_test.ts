import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { LedgerEntries } from "../../../lib/cert/ledger/entries.ts";
import { parseLedgerLine, revocationReasons, stateOf } from "../../../lib/cert/ledger/event.ts";
import { issued, revoked } from "../../support/ledgers.ts";

Deno.test("stateOf() tells valid, renewed, expired and revoked apart", () => {
  const entries = new LedgerEntries();
  const events = [
    issued("1"),
    issued("2", { replaces: "1" }),
    issued("3", { notAfterMs: 1 }),
    issued("4"),
    revoked("4"),
  ];
  for (const event of events) entries.apply(event);
  const states = [...entries.values()].map((entry) => stateOf(entry, 2));
  assertEquals(states, ["renewed", "valid", "expired", "revoked"]);
  assertEquals(stateOf(entries.get("3")!, 1), "valid", "its last moment is one of its life");
});

Deno.test("revocationReasons have the numbers of RFC 5280 section 5.3.1", () => {
  assertEquals({ ...revocationReasons }, {
    unspecified: 0,
    keyCompromise: 1,
    affiliationChanged: 3,
    superseded: 4,
    cessationOfOperation: 5,
    privilegeWithdrawn: 9,
  });
});

for (
  const [what, line] of Object.entries({
    "no JSON": "nonsense",
    "no object": "1",
    "no event": "{}",
    "a serial in capitals": JSON.stringify({ ...issued("1"), serial: "A" }),
    "a serial of 41 digits": JSON.stringify(issued("1".repeat(41))),
    "a time that is no number": JSON.stringify({ ...issued("1"), atMs: "1" }),
    "no subject": JSON.stringify({ ...issued("1"), subject: undefined }),
    "no authority": JSON.stringify({ ...issued("1"), authority: undefined }),
    "a beginning that is no whole number": JSON.stringify({ ...issued("1"), notBeforeMs: .5 }),
    "an end that is no number": JSON.stringify({ ...issued("1"), notAfterMs: null }),
    "a file that is no text": JSON.stringify({ ...issued("1"), file: 1 }),
    "a predecessor that is no serial": JSON.stringify({ ...issued("1"), replaces: "A" }),
    "purposes that are no list of texts": JSON.stringify({ ...issued("1"), purposes: [1] }),
    "a key of 41 digits": JSON.stringify({ ...issued("1"), key: "a".repeat(41) }),
    "names that are no list": JSON.stringify({ ...issued("1"), names: "a" }),
    "a key that is no identifier": JSON.stringify({ ...issued("1"), key: "AB" }),
    "a life that is no time": JSON.stringify({ ...issued("1"), lifeMs: "1" }),
    "a reason that does not exist": JSON.stringify({ ...revoked("1"), reason: "toString" }),
    "a certificate that is no text": JSON.stringify({ ...issued("1"), certificate: 1 }),
    "a list without a number": JSON.stringify({ event: "listed", atMs: 1, authority: "aa" }),
    "a list of no authority": JSON.stringify({ event: "listed", atMs: 1, number: "1" }),
    "an unknown kind": JSON.stringify({ ...issued("1"), event: "renewed" }),
  })
) {
  Deno.test(`parseLedgerLine() refuses ${what}`, () => {
    assertEquals(assertThrows(() => parseLedgerLine(line), DariError).code, "data");
  });
}

Deno.test("parseLedgerLine() reads what was written", () => {
  for (
    const event of [
      issued("1", { file: "/a.crt", replaces: "2", key: "ab".repeat(20) }),
      issued("1", { certificate: "MA==" }),
      issued("1", { lifeMs: 86_400_000 }),
      revoked("1"),
      { event: "listed", atMs: 1, authority: "aa", number: "2f" },
    ]
  ) {
    assertEquals(parseLedgerLine(JSON.stringify(event)), event);
  }
});
