import { assertEquals, assertStringIncludes } from "@std/assert";
import { transcript } from "../../../support/cert_transcript.ts";
import { cert, certWorkshop } from "../../../support/cert_workshop.ts";

transcript(
  "issue",
  `
$ dari cert issue api.internal 127.0.0.1 --out OUT/api --data DATA
OUT/api.crt and OUT/api.key: serial SERIAL, valid until TIME
$ dari cert issue worker.internal --client --out OUT/w --data DATA --json
{"serial":"SERIAL","notAfter":"TIME","certFile":"OUT/w.crt","keyFile":"OUT/w.key"}
`,
);

Deno.test("dari cert issue writes a pair that dari cert verify trusts", async () => {
  await using shop = await certWorkshop();
  const issued = await shop.run("issue", "api.internal", "127.0.0.1", "--out", shop.path("api"));
  assertEquals(issued.code, 0, issued.err);
  assertEquals((await Deno.stat(shop.path("api.key"))).mode! & 0o777, 0o600);
  assertEquals((await Deno.stat(shop.path("api.crt"))).mode! & 0o777, 0o600);
  const ca = ["--ca", `${shop.data}/ca.crt`];
  const good = await cert("verify", [shop.path("api.crt"), ...ca, "--name", "127.0.0.1"]);
  assertEquals([good.code, good.out.slice(0, 24)], [0, "trusted: CN=api.internal"]);
  const bad = await cert("verify", [shop.path("api.crt"), ...ca, "--name", "x.internal"]);
  assertEquals(bad.code, 65);
  assertStringIncludes(bad.err, '"x.internal" is not among its names');
  const late = await cert("verify", [shop.path("api.crt"), ...ca, "--time", "2099-01-01"]);
  assertStringIncludes(late.err, "expired");
});

for (
  const [words, code, message] of [
    [["../x"], 64, "makes no file name"],
    [["../x", "--out", "OUT"], 64, "not a name"],
    [[""], 64, "makes no file name"],
    [["a.internal", "--days", "0"], 64, "more than 0"],
    [["a.internal", "--days", "9999"], 64, "at most 825"],
    [["a.internal", "--days", "soon"], 64, "--days takes a number"],
    [["example.com", "--out", "OUT"], 77, "is not within"],
    [["a.internal", "--subject", "CN=", "--out", "OUT"], 64, "subject's CN"],
    [["a.internal", "--algorithm", "rsa-1024"], 64, "--algorithm takes one of"],
    [[], 64, "Missing NAME"],
  ] as const
) {
  Deno.test(`dari cert issue ${JSON.stringify(words)} is refused and leaves nothing`, async () => {
    await using shop = await certWorkshop();
    const before = await Deno.readTextFile(`${shop.data}/dari.db`);
    const given = words.map((word) => (word === "OUT" ? shop.path("out") : word));
    const refused = await shop.run("issue", ...given);
    assertEquals(refused.code, code, refused.err);
    assertStringIncludes(refused.err, message);
    assertEquals(await Deno.readTextFile(`${shop.data}/dari.db`), before);
    assertEquals(Array.from(Deno.readDirSync(shop.directory), ({ name }) => name), ["data"]);
  });
}

Deno.test("dari cert issue refuses links and FIFOs in the place of its files", async () => {
  await using shop = await certWorkshop();
  await Deno.symlink("/dev/null", shop.path("link.key"));
  await new Deno.Command("mkfifo", { args: [shop.path("fifo.key")] }).output();
  for (const name of ["link", "fifo"]) {
    const refused = await shop.run("issue", "a.internal", "--out", shop.path(name));
    assertEquals(refused.code, 65);
    assertStringIncludes(refused.err, "exists already");
  }
});
