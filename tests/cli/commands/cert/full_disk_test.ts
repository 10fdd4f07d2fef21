import { assert, assertEquals, assertMatch } from "@std/assert";
import { loadAuthority } from "../../../../lib/cert/authority/directory.ts";
import { dataLedger } from "../../../../lib/endpoint/data_ledger.ts";
import { certDirectory } from "../../../support/cert_directory.ts";
import { dari } from "../../../support/dari_command.ts";
import { fillDisk } from "../../../support/full_disk.ts";

const writing = [
  "issue a.internal --out OUT/a --data DATA",
  "self-signed a.internal --out OUT/a",
  "request a.internal --out OUT/a",
  "sign OUT/r.csr --client --data DATA",
  "renew DATA/leaf.crt --data DATA",
  "revoke DATA/leaf.crt --data DATA",
  "crl --data DATA",
  "export DATA/leaf --out OUT/a.p12 --passphrase-stdin",
  "rotate --apply --data DATA",
  "init --data OUT/new",
];

for (const line of writing) {
  Deno.test(`dari cert ${line.split(" ")[0]} on a full disk says so, and can be run again`, async () => {
    await using shop = await certDirectory();
    // The disk is full at its first write, at its second, and so on until there was room for all.
    let failures = 0;
    for (; failures < 10; failures++) {
      const before = await Deno.readTextFile(`${shop.data}/leaf.crt`);
      let code: number;
      let isDone = false;
      {
        using _disk = fillDisk(failures);
        const refused = await dari(shop.words(line), { input: shop.input });
        code = refused.code;
        // The change is in the store before it is in the record: the try before has said that it
        // was made, and this one says so again.
        isDone = code === 0 || refused.err.includes("is revoked since");
        if (!isDone) assertMatch(refused.err, /No space left|disk is full/);
      }
      if (isDone) break;
      assertEquals(code, 74);
      // Whatever was there is whole, and nothing half-written has a name that anybody reads.
      assertEquals(await Deno.readTextFile(`${shop.data}/leaf.crt`), before);
      assert(!shop.snapshot().some((file) => file.split(" ")[0]!.endsWith(".tmp")));
      for (const file of ["a.crt", "a.csr", "a.p12", "r.crt"]) {
        assert(!await exists(shop.path(file)), file);
      }
      await loadAuthority(shop.data);
      await using ledger = dataLedger(shop.data);
      await ledger.entries();
    }
    assert(failures > 0 && failures < 10, `it failed ${failures} times`);
  });
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
