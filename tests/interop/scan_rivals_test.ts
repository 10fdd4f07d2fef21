// `dari scan` beside sslscan on the same ten servers. scripts/scan_rivals.ts adds testssl.sh, which
// takes minutes; docs/decisions/scan.md has its table and why each difference is there.

import { assertEquals } from "@std/assert";
import { dari } from "../support/dari_command.ts";
import { hasOpenssl } from "../support/openssl.ts";
import {
  differences,
  factsOfDari,
  hasSslscan,
  isExplained,
  rivalServers,
  runSslscan,
} from "../support/scan_rivals.ts";

if (!hasSslscan) console.log("there is no sslscan: dari scan is not held against it");

/** What the scanners disagree about and nobody has explained. */
async function unexplained(name: string): Promise<string[]> {
  await using server = await rivalServers[name]!();
  const words = ["scan", `localhost:${server.port}`, "--ca", server.ca, "--json"];
  const { out, err } = await dari(words);
  assertEquals([name, err], [name, ""]);
  const found = differences(factsOfDari(JSON.parse(out)), await runSslscan(server.port));
  return found.filter((one) => !isExplained(name, one)).map((one) => `${name}: ${one}`);
}

Deno.test({
  name: "dari scan and sslscan agree about ten servers, except where it is known why not",
  ignore: !hasSslscan || !hasOpenssl,
  async fn() {
    // All at once: sslscan mostly waits.
    const found = await Promise.all(Object.keys(rivalServers).map(unexplained));
    assertEquals(found.flat(), []);
  },
});
