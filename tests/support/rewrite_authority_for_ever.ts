// Issues, revokes and rotates until it is killed; a line for each revocation that was acknowledged.

import { loadAuthority } from "../../lib/cert/authority_directory.ts";
import { generateKeyPair } from "../../lib/cert/keys.ts";
import { issueLeaf } from "../../lib/cert/leaf.ts";
import { Ledger } from "../../lib/cert/ledger.ts";
import { applyRotation } from "../../lib/cert/rotation.ts";

const [directory] = Deno.args;
const ledger = new Ledger(directory!);
const { publicKey } = await generateKeyPair();
while (true) {
  const authority = await loadAuthority(directory!);
  const { serial } = await issueLeaf(authority, ledger, publicKey, { names: ["a.internal"] });
  await ledger.revoke(serial);
  await Deno.stdout.write(new TextEncoder().encode(`${serial}\n`));
  await applyRotation(directory!, { force: true });
}
