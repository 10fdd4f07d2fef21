// Issues, revokes, renews and rotates until it is killed; a line for each revocation that was
// acknowledged.

import { applyRotation, issueLeafFiles, loadAuthority, renewLeaf } from "../../lib/cert/mod.ts";
import { dataLedger } from "../../lib/endpoint/data_ledger.ts";

const [directory = "", prefix = ""] = Deno.args;
const ledger = dataLedger(directory);
const names = ["a.internal"];
for (let number = 0;; number++) {
  const authority = await loadAuthority(directory);
  const files = await issueLeafFiles(authority, ledger, `${prefix}${number}`, { names });
  const { serial } = await renewLeaf(
    authority,
    ledger,
    await ledger.entry(files.certificate.serial),
  );
  await ledger.revoke(serial);
  await Deno.stdout.write(new TextEncoder().encode(`${serial}\n`));
  await applyRotation(directory, { force: true, ledger });
}
