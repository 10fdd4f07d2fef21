import { assertEquals } from "@std/assert";
import { transcript } from "../../../support/cert_transcript.ts";
import { cert, certWorkshop } from "../../../support/cert_workshop.ts";

transcript(
  "request and sign",
  `
$ dari cert request w.internal --out OUT/w
OUT/w.csr is to be signed: dari cert sign OUT/w.csr; keep OUT/w.key
$ dari cert sign OUT/w.csr --client --days 1 --data DATA
OUT/w.crt: serial SERIAL
$ dari cert sign OUT/w.csr --name b.internal --out OUT/b.crt --data DATA --json
{"serial":"SERIAL","certFile":"OUT/b.crt","dropped":[]}
`,
);

Deno.test("dari cert request and sign give a certificate without the key leaving home", async () => {
  await using shop = await certWorkshop();
  const made = await cert("request", ["w.internal", "--out", shop.path("w")]);
  assertEquals(made.code, 0, made.err);
  const signed = await shop.run("sign", shop.path("w.csr"), "--client");
  assertEquals(signed.code, 0, signed.err);
  const ca = `${shop.data}/ca.crt`;
  const words = [shop.path("w.crt"), "--ca", ca, "--purpose", "client", "--json"];
  assertEquals(JSON.parse((await cert("verify", words)).out).trusted, true);
});
