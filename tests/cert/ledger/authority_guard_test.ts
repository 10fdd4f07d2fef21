import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  initAuthority,
  issueLeafFiles,
  type Ledger,
  loadAuthority,
  openFileLedger,
  openRevocations,
} from "../../../lib/cert/mod.ts";
import { AuthorityGuard } from "../../../lib/cert/ledger/authority_guard.ts";
import { dataLedger } from "../../../lib/endpoint/data_ledger.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { TestClock } from "../../support/clock.ts";
import { tempDirectory } from "../../support/temp.ts";

const FILE = "certificates.jsonl";
const STORE = "dari.db";

async function removeStore(directory: string): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    if (name.startsWith(STORE)) await Deno.remove(`${directory}/${name}`);
  }
}

interface Loss {
  readonly open: (directory: string) => Ledger;
  readonly lose: (directory: string) => Promise<void>;
}

const losses: Record<string, Loss> = {
  "whose file was deleted": {
    open: openFileLedger,
    lose: (directory) => Deno.remove(`${directory}/${FILE}`),
  },
  "whose file was emptied": {
    open: openFileLedger,
    lose: (directory) => Deno.truncate(`${directory}/${FILE}`),
  },
  "whose file has lost its first line": {
    open: openFileLedger,
    async lose(directory) {
      const text = await Deno.readTextFile(`${directory}/${FILE}`);
      await Deno.writeTextFile(`${directory}/${FILE}`, text.slice(text.indexOf("\n") + 1));
    },
  },
  "whose store was deleted": { open: dataLedger, lose: removeStore },
  "whose store was emptied": {
    open: dataLedger,
    async lose(directory) {
      await using store = await openSqliteStore(`${directory}/${STORE}`);
      for (const { key } of await store.list("ledger/")) await store.delete(key);
    },
  },
  "whose store was replaced by a new one": {
    open: dataLedger,
    async lose(directory) {
      await removeStore(directory);
      await (await openSqliteStore(`${directory}/${STORE}`)).close();
    },
  },
};

for (const [what, { open, lose }] of Object.entries(losses)) {
  Deno.test(`a ledger ${what} is refused wherever it is used, and nothing is added to it`, async () => {
    await using temporary = await tempDirectory();
    const directory = `${temporary.path}/data`;
    {
      await using ledger = open(directory);
      await initAuthority(directory, { ledger });
      const authority = await loadAuthority(directory);
      const { certificate } = await issueLeafFiles(authority, ledger, `${directory}/a`, {
        names: ["a.internal"],
      });
      await ledger.revoke(certificate.serial);
    }
    await lose(directory);
    const authority = await loadAuthority(directory);
    for (
      const use of [
        (ledger: Ledger) => ledger.entries(),
        (ledger: Ledger) => ledger.revoke("1"),
        (ledger: Ledger) => openRevocations(ledger),
        (ledger: Ledger) =>
          issueLeafFiles(authority, ledger, `${directory}/b`, { names: ["b.internal"] }),
      ]
    ) {
      await using ledger = open(directory);
      const error = await assertRejects(
        () => use(ledger),
        DariError,
        "does not know the authority",
      );
      assertEquals(error.code, "data");
    }
  });
}

Deno.test("a running server takes no certificate once its ledger's file begins anew", async () => {
  await using directory = await tempDirectory();
  const clock = new TestClock();
  const ledger = openFileLedger(directory.path, clock);
  await initAuthority(directory.path, { ledger, clock });
  using revocations = await openRevocations(ledger, clock);
  assertEquals(revocations.isRevoked("1"), false);
  const path = `${directory.path}/${FILE}`;
  const line = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, line.replace(/"serial":"[0-9a-f]+"/, '"serial":"1"'));
  await Deno.writeTextFile(path, line.replace(/"serial":"[0-9a-f]+"/, '"serial":"2"'), {
    append: true,
  });
  await Deno.rename(path, `${path}.new`);
  await Deno.copyFile(`${path}.new`, path);
  clock.advance(250);
  assertThrows(() => revocations.isRevoked("1"), DariError, "does not know the authority");
});

Deno.test("an authority that is made while a ledger is read is no loss", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const making = Promise.all(Array.from({ length: 6 }, async (_, i) => {
    await using ledger = dataLedger(`${data}${i}`);
    await initAuthority(`${data}${i}`, { ledger });
  }));
  let isMade = false;
  making.finally(() => isMade = true);
  const failures: unknown[] = [];
  while (!isMade) {
    for (let i = 0; i < 6; i++) {
      await using ledger = dataLedger(`${data}${i}`);
      await ledger.entries().catch((error) => failures.push(error));
    }
  }
  await making;
  assertEquals(failures, []);
});

Deno.test("AuthorityGuard opens no FIFO, for whose writer it would wait", async () => {
  await using directory = await tempDirectory();
  await new Deno.Command("mkfifo", { args: ["-m", "600", `${directory.path}/ca.crt`] }).output();
  const guard = new AuthorityGuard(directory.path, FILE);
  assertEquals(assertThrows(() => guard.expected(), DariError).code, "configuration");
});
