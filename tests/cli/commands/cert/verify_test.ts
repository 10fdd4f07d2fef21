import { transcript } from "../../../support/cert_transcript.ts";

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
