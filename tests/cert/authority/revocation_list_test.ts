import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import {
  encodePem,
  generateKeyPair,
  initAuthority,
  issueLeaf,
  issueRevocationList,
  loadAuthority,
  makeRevocationList,
  openFileLedger,
  parseRevocationLists,
  type RevocationReason,
} from "../../../lib/cert/mod.ts";
import {
  DerReader,
  readBitStringOctets,
  readInteger,
  readTime,
  readWhole,
  tag,
} from "../../../lib/cert/der/reader.ts";
import { serialText } from "../../../lib/cert/x509/certificate.ts";
import { verifySignature } from "../../../lib/cert/key/signature.ts";
import { TestClock } from "../../support/clock.ts";
import { tempDirectory } from "../../support/temp.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
/** The parts of a list that these tests look at (RFC 5280 section 5.1). */
function readList(der: Uint8Array<ArrayBuffer>) {
  const outer = readWhole(der);
  const tbs = outer.element(tag.sequence);
  const signatureAlgorithm = outer.element(tag.sequence).bytes;
  const signature = readBitStringOctets(outer);
  const fields = new DerReader(tbs.contents);
  readInteger(fields); // version
  fields.element(tag.sequence); // algorithm
  const issuer = fields.element(tag.sequence).bytes;
  const [thisUpdate, nextUpdate] = [readTime(fields), readTime(fields)];
  const revoked = new Map<string, boolean>();
  if (fields.peek() === tag.sequence) {
    for (const list = fields.sequence(); !list.done;) {
      const entry = list.sequence();
      const serial = serialText(readInteger(entry));
      readTime(entry);
      revoked.set(serial, !entry.done);
    }
  }
  const signed = { tbs: tbs.bytes, signatureAlgorithm, signature };
  const extensions = fields.optional(tag.contextConstructed(0))!.contents.toHex();
  return { issuer, thisUpdate, nextUpdate, revoked, signed, extensions };
}

async function workshop(clock = new TestClock()) {
  const directory = await tempDirectory();
  await initAuthority(directory.path, { clock });
  const authority = await loadAuthority(directory.path);
  const ledger = openFileLedger(directory.path, clock);
  return {
    authority,
    ledger,
    clock,
    async issue() {
      const { publicKey } = await generateKeyPair();
      return await issueLeaf(authority, ledger, publicKey, { names: ["a.internal"], clock });
    },
    list: async () => readList(await makeRevocationList(authority, await ledger.entries(), clock)),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

Deno.test("makeRevocationList() signs a list for seven days, empty where nothing is revoked", async () => {
  await using shop = await workshop();
  await shop.issue();
  const { issuer, thisUpdate, nextUpdate, revoked, signed } = await shop.list();
  assertEquals(issuer, shop.authority.certificate.subject.der);
  assertEquals([thisUpdate, nextUpdate], [shop.clock.now(), shop.clock.now() + 7 * DAY_MS]);
  assertEquals(revoked.size, 0);
  assert(await verifySignature(signed, shop.authority.certificate.publicKey));
});

Deno.test("makeRevocationList() names what is revoked, with its reason where there is one", async () => {
  await using shop = await workshop();
  const reasons: RevocationReason[] = ["unspecified", "keyCompromise"];
  const serials: string[] = [];
  for (const reason of reasons) {
    const { serial } = await shop.issue();
    await shop.ledger.revoke(serial, reason);
    serials.push(serial);
  }
  assertEquals([...(await shop.list()).revoked], [[serials[0], false], [serials[1], true]]);
});

Deno.test("makeRevocationList() leaves out what others have issued", async () => {
  await using shop = await workshop();
  await using other = await workshop();
  const { serial } = await shop.issue();
  await shop.ledger.revoke(serial);
  const entries = await shop.ledger.entries();
  const foreign = readList(await makeRevocationList(other.authority, entries, shop.clock));
  assertEquals(foreign.revoked.size, 0);
});

Deno.test("makeRevocationList() names what has expired for as long as a list lives", async () => {
  await using shop = await workshop();
  const { serial, notAfterMs } = await shop.issue();
  await shop.ledger.revoke(serial);
  shop.clock.advance(notAfterMs + limits.revocationListLifeMs - shop.clock.now());
  assertEquals((await shop.list()).revoked.size, 1);
  shop.clock.advance(1);
  assertEquals((await shop.list()).revoked.size, 0);
});

Deno.test("makeRevocationList() gives a higher number than that of the list before, whatever the clock says", async () => {
  await using shop = await workshop();
  const numberAfter = async (after?: bigint) => {
    const der = await makeRevocationList(shop.authority, [], shop.clock, after);
    return parseRevocationLists(encodePem("X509 CRL", der))[0].number;
  };
  const first = await numberAfter();
  assertEquals(first, BigInt(shop.clock.now()));
  assertEquals(await numberAfter(first), first + 1n);
  assertEquals(await numberAfter(first + 10n ** 9n), first + 10n ** 9n + 1n);
});

Deno.test("makeRevocationList() counts its lists", async () => {
  await using shop = await workshop();
  const first = await shop.list();
  shop.clock.advance(1);
  const second = await shop.list();
  assert(second.extensions > first.extensions, "the number stands last, and grows");
});

Deno.test("issueRevocationList() numbers its lists in the ledger, also of one moment and after the clock was set back", async () => {
  await using shop = await workshop();
  const { authority, ledger, clock } = shop;
  const listed = async (after?: bigint) =>
    parseRevocationLists(await issueRevocationList(authority, ledger, after, clock))[0];
  const { serial } = await shop.issue();
  const first = await listed();
  assertEquals(first.number, BigInt(clock.now()));
  assertEquals((await listed()).number, first.number + 1n);
  clock.advance(-DAY_MS);
  assertEquals((await listed()).number, first.number + 2n);
  assertEquals((await listed(first.number + 9n)).number, first.number + 10n);
  assertEquals(ledger.log.entries.listNumber(authority.keyId), first.number + 10n);
  await ledger.revoke(serial);
  assertEquals([...(await listed()).revoked.keys()], [serial]);
});
