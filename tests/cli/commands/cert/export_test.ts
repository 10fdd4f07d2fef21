import { transcript } from "../../../support/cert_transcript.ts";

transcript(
  "export",
  `
$ dari cert export DATA/leaf --passphrase-stdin
DATA/leaf.p12: import it where the browser keeps certificates
$ dari cert export DATA/leaf.crt --out OUT/l.p12 --passphrase-stdin --json
{"file":"OUT/l.p12"}
`,
);
