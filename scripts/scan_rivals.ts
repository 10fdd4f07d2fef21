/**
 * Holds `dari scan` against sslscan and testssl.sh on the same ten servers, and prints a table:
 * `deno run -A --import-map=tests/import_map.json --lock=tests/deno.lock scripts/scan_rivals.ts`.
 *
 * @module
 */

import { dari } from "../tests/support/dari_command.ts";
import {
  differences,
  type Facts,
  factsOfDari,
  rivalServers,
  runSslscan,
  runTestssl,
} from "../tests/support/scan_rivals.ts";

/** What a scanner said, and how long it took. */
async function timed(scan: () => Promise<Facts>): Promise<{ facts: Facts; seconds: string }> {
  const start = performance.now();
  const facts = await scan();
  return { facts, seconds: ((performance.now() - start) / 1_000).toFixed(1) };
}

console.log("| server | dari | sslscan | testssl.sh | sslscan differs | testssl.sh differs |");
console.log("| --- | --- | --- | --- | --- | --- |");
for (const [name, start] of Object.entries(rivalServers)) {
  await using server = await start();
  const words = ["scan", `localhost:${server.port}`, "--ca", server.ca, "--json"];
  const ours = await timed(async () => factsOfDari(JSON.parse((await dari(words)).out)));
  const sslscan = await timed(() => runSslscan(server.port));
  const testssl = await timed(() => runTestssl(server.port));
  const differs = ({ facts }: { facts: Facts }) =>
    differences(ours.facts, facts).join("<br>") || "no";
  const times = [ours, sslscan, testssl].map(({ seconds }) => `${seconds} s`);
  console.log(`| ${[name, ...times, differs(sslscan), differs(testssl)].join(" | ")} |`);
}
