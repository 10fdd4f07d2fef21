import { assertEquals, assertRejects } from "@std/assert";
import {
  generateKeyPair,
  initAuthority,
  issueLeaf,
  issueRevocationLists,
  loadAuthority,
  openFileLedger,
  parseRevocationList,
  type RevocationList,
} from "../../../lib/cert/mod.ts";
import { TestClock } from "../../support/clock.ts";
import { tempDirectory } from "../../support/temp.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

async function workshop() {
  const clock = new TestClock();
  const temporary = await tempDirectory();
  const directory = `${temporary.path}/data`;
  await initAuthority(directory, { clock });
  const authority = await loadAuthority(directory);
  const ledger = openFileLedger(directory, clock);
  const issue = async (
    publish: (list: RevocationList) => void = () => {},
  ): Promise<RevocationList> => {
    let list: RevocationList | undefined;
    await issueRevocationLists({
      directory,
      authorities: [authority],
      entries: await ledger.entries(),
      clock,
      publish: async ([der]) => {
        list = parseRevocationList(der!);
        await Promise.resolve(list).then(publish);
      },
    });
    return list!;
  };
  return {
    ...{ clock, directory, authority, ledger, issue },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

const numberOf = ({ number }: RevocationList) => parseInt(number, 16);

Deno.test("issueRevocationLists() counts its lists, also where the clock is set back and at one moment", async () => {
  await using shop = await workshop();
  const first = numberOf(await shop.issue());
  assertEquals(numberOf(await shop.issue()), first + 1);
  shop.clock.advance(-90 * DAY_MS);
  assertEquals(numberOf(await shop.issue()), first + 2);
  const together = await Promise.all([shop.issue(), shop.issue(), shop.issue()]);
  assertEquals(together.map(numberOf).sort(), [first + 3, first + 4, first + 5]);
});

Deno.test("issueRevocationLists() numbers its first list by the moment that it records", async () => {
  await using shop = await workshop();
  const { clock } = shop;
  const now = clock.now.bind(clock);
  clock.now = () => {
    clock.advance(1); // a clock that goes on while lists are made
    return now();
  };
  const numbers = [await shop.issue(), await shop.issue(), await shop.issue()].map(numberOf);
  assertEquals(numbers.map((number) => number - numbers[0]!), [0, 1, 2]);
});

Deno.test("issueRevocationLists() leaves no record of a first list that got nowhere", async () => {
  await using shop = await workshop();
  const failing = () => shop.issue(() => Promise.reject(new Error("disk full")));
  await assertRejects(failing, Error, "disk full");
  await assertRejects(() => Deno.stat(`${shop.directory}/ca.crl.json`), Deno.errors.NotFound);
});

Deno.test("issueRevocationLists() goes on above all earlier numbers where its record is lost or damaged", async () => {
  await using shop = await workshop();
  let last = numberOf(await shop.issue());
  for (const record of ["", "{", "null", '{"x":1}']) {
    shop.clock.advance(1_000);
    await Deno.writeTextFile(`${shop.directory}/ca.crl.json`, record);
    const next = numberOf(await shop.issue());
    assertEquals(next > last, true, record);
    last = next;
  }
});

Deno.test("issueRevocationLists() names an expired certificate once more, and does not count a list that got nowhere", async () => {
  await using shop = await workshop();
  const { publicKey } = await generateKeyPair();
  const { clock, authority, ledger } = shop;
  const { serial } = await issueLeaf(authority, ledger, publicKey, {
    names: ["a.internal"],
    clock,
  });
  await ledger.revoke(serial);
  const isListed = ({ serials }: RevocationList) => serials.has(serial);
  const first = await shop.issue();
  assertEquals(isListed(first), true);
  clock.advance(90 * DAY_MS);
  const failing = () => shop.issue(() => Promise.reject(new Error("disk full")));
  await assertRejects(failing, Error, "disk full");
  const second = await shop.issue();
  assertEquals([isListed(second), numberOf(second)], [true, numberOf(first) + 1]);
  clock.advance(1_000);
  assertEquals(isListed(await shop.issue()), false);
});
