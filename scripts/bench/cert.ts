/**
 * How long it takes to issue a certificate, in milliseconds: the key pair, the certificate, its
 * record in the ledger (on disk, one sync each), and with it the two files.
 *
 *     deno run -A scripts/bench/cert.ts
 */

import {
  generateKeyPair,
  initAuthority,
  issueLeaf,
  issueLeafFiles,
  Ledger,
  loadAuthority,
  parseCertificates,
  verifyCertificate,
} from "../../lib/cert/mod.ts";

const ROUNDS = 300;
const directory = await Deno.makeTempDir();
const data = `${directory}/data`;
await initAuthority(data);
const authority = await loadAuthority(data);
const ledger = new Ledger(data);

const names = ["api.internal", "127.0.0.1"];
const leaf = async () =>
  await issueLeaf(authority, ledger, (await generateKeyPair()).publicKey, { names });
const [trusted] = parseCertificates(await Deno.readTextFile(`${data}/ca.crt`));
const one = await leaf();
let file = 0;

const tasks: Record<string, () => Promise<unknown>> = {
  "P-256 leaf: key, certificate, ledger": leaf,
  "P-256 leaf: the same and two files": () =>
    issueLeafFiles(authority, ledger, `${directory}/${file++}`, { names }),
  "verify that leaf": () =>
    verifyCertificate(one, { authorities: [trusted], name: "api.internal" }),
};
for (const [name, task] of Object.entries(tasks)) {
  for (let i = 0; i < ROUNDS / 4; i++) await task(); // warm
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    await task();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(2);
  console.log(`${name.padEnd(38)} median ${at(0.5)} ms  p99 ${at(0.99)} ms`);
}
await Deno.remove(directory, { recursive: true });
