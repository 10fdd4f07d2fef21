import { assert, assertEquals } from "@std/assert";
import { dataLedger } from "../../../lib/endpoint/data_ledger.ts";
import { keepCertificates } from "../../../lib/endpoint/threads/certificates.ts";
import { parseListenPlace } from "../../../lib/transport/scheme/listen_place.ts";
import { tempDirectory } from "../../support/temp.ts";
import { tlsAuthority, tlsPair } from "../../support/tls_certificates.ts";

Deno.test("threads are told only of certificates that they can use", async () => {
  await using directory = await tempDirectory();
  const [certFile, keyFile] = [`${directory.path}/s.crt`, `${directory.path}/s.key`];
  const authority = await tlsAuthority("CN=threads");
  const [first, second] = [await tlsPair(authority), await tlsPair(authority)];
  const write = (cert: string, key: string) => {
    Deno.writeTextFileSync(keyFile, key, { mode: 0o600 });
    Deno.writeTextFileSync(certFile, cert);
  };
  write(first.cert, first.key);
  await using ledger = dataLedger(`${directory.path}/data`);
  const fresh: string[] = [], lines = new Set<string>(); // the server may look by itself as well
  using kept = await keepCertificates(
    [parseListenPlace("tls://localhost:0")],
    {
      data: `${directory.path}/data`,
      tls: { certFile, keyFile },
      tell: (line) => lines.add(line),
    },
    ledger,
    ({ credentials }) => fresh.push(credentials.cert),
  );
  const current = () => kept.current.map(({ credentials }) => credentials.cert);

  write(second.cert, first.key);
  await kept.reload();
  assertEquals([...lines], [
    "The server keeps its old certificate: The key is not the certificate's; give the two that were " +
    "made together",
  ]);
  assertEquals([fresh, current()], [[], [first.cert]]);

  write(second.cert, second.key);
  await kept.reload();
  assert(lines.has("The server has taken up a new certificate"));
  assertEquals([fresh, current()], [[second.cert], [second.cert]]);
});
