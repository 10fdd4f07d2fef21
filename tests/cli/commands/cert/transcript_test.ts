import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { commands } from "../../../../lib/cli/table.ts";
import { type CertDirectory, certDirectory } from "../../../support/cert_directory.ts";
import { dari } from "../../../support/dari_command.ts";

/** What a command prints, with serials, names, times and places taken out of it. */
function plain(output: string, shop: CertDirectory): string {
  return output
    .replaceAll(shop.data, "DATA")
    .replaceAll(shop.path(""), "OUT/")
    .replace(/\b[0-9a-f]{40,}\b/g, "DIGEST")
    .replace(/\b[0-9a-f]{32}\b/g, "SERIAL")
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d\.\d{3})?Z/g, "TIME")
    .replace(/\b\d{13}\b/g, "MILLISECONDS")
    .replace(/authority [0-9a-f]{8}\b/g, "authority NAME");
}

/** Runs the commands of a transcript, each after its `$`, and compares what they print. */
function transcript(name: string, text: string): void {
  Deno.test(`dari cert ${name}: transcript`, async () => {
    await using shop = await certDirectory();
    const lines = text.trim().split("\n");
    const printed: string[] = [];
    for (const line of lines.filter((line) => line.startsWith("$ "))) {
      const { out, err } = await shop.run(line.replace("$ dari cert ", ""));
      assertEquals(err, "", line);
      printed.push(line, ...plain(out, shop).split("\n"));
    }
    assertEquals(printed, lines);
  });
}

transcript(
  "init",
  `
$ dari cert init --data OUT/new --permit .example --days 10
subject    CN=dari authority NAME
issuer     CN=dari authority NAME
serial     SERIAL
valid      TIME to TIME
key        ECDSA P-256
authority  yes, with 0 below it
key usage  keyCertSign, cRLSign
permitted  example
excluded   0.0.0.0/0, ::/0
sha-256    DIGEST
written    OUT/new/ca.crt
`,
);

transcript(
  "issue",
  `
$ dari cert issue api.internal 127.0.0.1 --out OUT/api --data DATA
OUT/api.crt and OUT/api.key: serial SERIAL, valid until TIME
$ dari cert issue worker.internal --client --out OUT/w --data DATA --json
{"serial":"SERIAL","notAfter":"TIME","certFile":"OUT/w.crt","keyFile":"OUT/w.key"}
`,
);

transcript(
  "self-signed",
  `
$ dari cert self-signed localhost --out OUT/s
OUT/s.crt and OUT/s.key: serial SERIAL, valid until TIME
$ dari cert inspect OUT/s.crt
subject    C=KR, ST=Seoul, L=Seoul, O=My Company, CN=localhost
issuer     C=KR, ST=Seoul, L=Seoul, O=My Company, CN=localhost
serial     SERIAL
valid      TIME to TIME
key        RSA 2048
names      localhost
authority  no
key usage  digitalSignature, keyEncipherment
good for   serverAuth, clientAuth
sha-256    DIGEST
$ dari cert self-signed localhost --ecdsa --days 1 --out OUT/e --json
{"serial":"SERIAL","notAfter":"TIME","certFile":"OUT/e.crt","keyFile":"OUT/e.key"}
`,
);

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

transcript(
  "renew",
  `
$ dari cert renew DATA/leaf.crt --data DATA
DATA/leaf.crt: renewed as SERIAL
$ dari cert renew --all --data DATA
nothing is due
$ dari cert renew --all --data DATA --json
[]
`,
);

transcript(
  "revoke, list and crl",
  `
$ dari cert revoke DATA/leaf.crt --reason keyCompromise --data DATA
revoked SERIAL (CN=leaf.internal): keyCompromise
$ dari cert list --data DATA
SERIAL  valid    authority      TIME  CN=dari authority NAME
SERIAL  revoked  server         TIME  CN=leaf.internal  leaf.internal
$ dari cert list --state revoked --csv --data DATA
serial,state,purpose,notAfter,subject,names
"SERIAL","revoked","server","TIME","CN=leaf.internal","leaf.internal"
$ dari cert list --purpose server --name leaf --json --data DATA
[{"serial":"SERIAL","state":"revoked","purpose":"server","notAfter":"TIME","subject":"CN=leaf.internal","names":"leaf.internal"}]
$ dari cert crl --data DATA
DATA/ca.crl: 1 revoked
$ dari cert crl --out OUT/other.crl --data DATA --json
{"file":"OUT/other.crl","revoked":1}
`,
);

transcript(
  "inspect and verify",
  `
$ dari cert inspect DATA/leaf.crt
subject    CN=leaf.internal
issuer     CN=dari authority NAME
serial     SERIAL
valid      TIME to TIME
key        ECDSA P-256
names      leaf.internal
authority  no
key usage  digitalSignature
good for   serverAuth
sha-256    DIGEST
$ dari cert verify DATA/leaf.crt --ca DATA/ca.crt --name leaf.internal
trusted: CN=leaf.internal <- CN=dari authority NAME
$ dari cert verify DATA/leaf.crt --ca DATA/ca.crt --json
{"trusted":true,"path":["CN=leaf.internal","CN=dari authority NAME"]}
`,
);

transcript(
  "export",
  `
$ dari cert export DATA/leaf --passphrase-stdin
DATA/leaf.p12: import it where the browser keeps certificates
$ dari cert export DATA/leaf.crt --out OUT/l.p12 --passphrase-stdin --json
{"file":"OUT/l.p12"}
`,
);

transcript(
  "rotate",
  `
$ dari cert rotate --dry-run --data DATA
next: prepare (a new authority is made and trusted; the old one still issues: copy ca.crt to all peers)
not moved: 1
  SERIAL  CN=leaf.internal  DATA/leaf.crt
$ dari cert rotate --apply --data DATA
done: prepare (a new authority is made and trusted; the old one still issues: copy ca.crt to all peers)
not moved: 1
  SERIAL  CN=leaf.internal  DATA/leaf.crt
$ dari cert rotate --apply --data DATA --json
{"applied":true,"step":"switch","notMoved":[{"atMs":MILLISECONDS,"serial":"SERIAL","authority":"DIGEST","subject":"CN=leaf.internal","names":["leaf.internal"],"purposes":["server"],"notBeforeMs":MILLISECONDS,"notAfterMs":MILLISECONDS,"file":"DATA/leaf.crt"}]}
$ dari cert renew --all --data DATA
DATA/leaf.crt: renewed as SERIAL
$ dari cert rotate --apply --data DATA
done: finish (the old authority is trusted no longer: copy ca.crt to all peers)
not moved: 0
`,
);

for (const name of Object.keys(commands).filter((name) => name.startsWith("cert "))) {
  Deno.test(`dari ${name} --help opens with examples and tells every option`, async () => {
    const { code, out } = await dari([...name.split(" "), "--help"]);
    assertEquals(code, 0);
    assertStringIncludes(out.split("\n").slice(1, 5).join("\n"), `  dari ${name}`);
    const { command } = await commands[name]!.load();
    for (const flag of [...command.flags.string ?? [], ...command.flags.boolean ?? []]) {
      assert(out.includes(`--${flag}`), `--${flag} is missing`);
    }
  });
}
