import { assert, assertEquals } from "@std/assert";
import {
  initAuthority,
  issueLeaf,
  loadAuthority,
  parseCertificates,
} from "../../../lib/cert/mod.ts";
import { dataLedger } from "../../../lib/endpoint/data_ledger.ts";
import { checkKeyPair } from "../../../lib/transport/tls/key_pair.ts";
import { tempDirectory } from "../../support/temp.ts";

const PROGRAM = new URL("../../support/rewrite_authority_for_ever.ts", import.meta.url).pathname;

/** Runs the program until it has acknowledged so many revocations, kills it, and gives them. */
async function killAfter(count: number, ...args: string[]): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", PROGRAM, ...args],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let output = "";
  let isKilled = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    // By now it is on its way to somewhere else; what it says until it is dead counts as well.
    if (isKilled || output.split("\n").length <= count) continue;
    child.kill("SIGKILL");
    isKilled = true;
  }
  const { signal } = await child.status;
  assertEquals(signal, "SIGKILL", "it must not have ended by itself");
  return output.split("\n").slice(0, -1);
}

Deno.test("ledger, authority and files stay whole when their writers are killed", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await initAuthority(data);
  const acknowledged: string[] = [];
  for (let round = 0; round < 6; round++) {
    acknowledged.push(...await killAfter(1 + round * 3, data, `${directory.path}/${round}-`));
    await using ledger = dataLedger(data);
    for (const serial of acknowledged) {
      assert((await ledger.entry(serial)).revoked !== undefined, serial);
    }
    for (const { name } of Deno.readDirSync(directory.path)) {
      if (!name.endsWith(".crt")) continue;
      const path = `${directory.path}/${name.slice(0, -4)}`;
      const cert = await Deno.readTextFile(`${path}.crt`);
      checkKeyPair({ cert, key: await Deno.readTextFile(`${path}.key`) });
      assertEquals((await ledger.entry(parseCertificates(cert)[0].serial)).file, `${path}.crt`);
    }
    const authority = await loadAuthority(data);
    const { publicKey } = authority.signer;
    await issueLeaf(authority, ledger, publicKey, { names: ["after.internal"] });
  }
});
