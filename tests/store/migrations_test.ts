import { assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { DatabaseSync } from "node:sqlite";
import { loadAuthority } from "../../lib/cert/mod.ts";
import { dataLedger } from "../../lib/endpoint/data_ledger.ts";
import { makeBackup } from "../../lib/ops/backup/backup.ts";
import { migrations } from "../../lib/store/migrations.ts";
import { backupOptions, restore, signsIn } from "../support/backups.ts";
import { tempDirectory } from "../support/temp.ts";

/** SHA-256 of every released step: a file in the field has been through exactly this text. */
const RELEASED = [
  "e3f5100e08a5f3f41ec0b0bb8b3d1fb647cedc4fffe23e6ce1241ba4b42fe98e",
  "8d87a2e0c825ef0c56fa305def2201e6835111e4baab4a426efbde8931d6452a",
  "8e696a4ab9a2b10174b81a906691d6693a9986d66de31f74ef37479948f5546b",
  "9ae5f2073210f6f34ad0b8f80867866f663f33949dab7f7e22d5993be04c78b6",
];

Deno.test("migrations never change once they are released", async () => {
  const hashes = await Promise.all(
    migrations.slice(0, RELEASED.length).map(async (step) => {
      // Comments and white space do not change what a step does.
      const statement = step.replace(/\s+/g, " ");
      return encodeHex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(statement)));
    }),
  );
  assertEquals(hashes, RELEASED);
});

Deno.test("migrations make the tables and counters of an empty store", () => {
  const database = new DatabaseSync(":memory:");
  try {
    for (const step of migrations) database.exec(step);
    const counters = database.prepare("SELECT name, value FROM counters ORDER BY name").all();
    assertEquals(counters.map(({ name, value }) => [name, value]), [
      ["forgotten", 0],
      ["message", 0],
      ["revision", 0],
      ["schedule", 0],
    ]);
    assertEquals(database.prepare("SELECT count(*) AS count FROM entries").get()?.count, 0);
  } finally {
    database.close();
  }
});

for (const { name } of Deno.readDirSync("tests/data")) {
  Deno.test(`a data directory of ${name} is opened with everything in it`, async () => {
    await using root = await tempDirectory();
    const data = `${root.path}/data`;
    await Deno.mkdir(data, { mode: 0o700 });
    for (const file of Deno.readDirSync(`tests/data/${name}`)) {
      await Deno.copyFile(`tests/data/${name}/${file.name}`, `${data}/${file.name}`);
      await Deno.chmod(`${data}/${file.name}`, 0o600);
    }
    const secrets = JSON.parse(await Deno.readTextFile(`${data}/secrets.json`));
    const expected = {
      password: true,
      session: true,
      apiKey: true,
      revokedApiKey: false,
    };
    const lasting = async () => {
      // The invitation was good for a quarter of an hour.
      const { invitation: _invitation, ...rest } = await signsIn(data, secrets);
      return rest;
    };
    assertEquals(await lasting(), expected);
    {
      await using ledger = dataLedger(data);
      const states = [secrets.serial, secrets.revokedSerial].map(async (serial) =>
        (await ledger.entry(serial)).revoked?.reason
      );
      assertEquals(await Promise.all(states), [undefined, "keyCompromise"]);
    }
    await loadAuthority(data);
    // What it becomes can be backed up and restored.
    await makeBackup(backupOptions(data, `${root.path}/one.age`));
    await restore(`${root.path}/one.age`, data);
    assertEquals(await lasting(), expected);
  });
}
