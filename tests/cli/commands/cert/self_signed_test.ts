import { transcript } from "../../../support/cert_transcript.ts";

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
key sha256 DIGEST
$ dari cert self-signed localhost --ecdsa --days 1 --out OUT/e --json
{"serial":"SERIAL","notAfter":"TIME","certFile":"OUT/e.crt","keyFile":"OUT/e.key"}
`,
);
