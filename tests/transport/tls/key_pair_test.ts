import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  checkKeyPair,
  containsPublicKey,
  splitAuthorities,
} from "../../../lib/transport/tls/key_pair.ts";
import { world } from "../../support/mutual_tls.ts";
import { followedByGarbage } from "../../support/tls_certificates.ts";

Deno.test("checkKeyPair() takes a certificate with its key, a chain behind it included", async () => {
  const { server: { cert, key }, authority } = await world();
  checkKeyPair({ cert, key });
  checkKeyPair({ cert: cert + authority.pem, key });
});

Deno.test("checkKeyPair() refuses a key of another certificate", async () => {
  const { server, client } = await world();
  const error = assertThrows(
    () => checkKeyPair({ cert: server.cert, key: client.key }),
    DariError,
    "not the certificate's",
  );
  assertEquals(error.code, "configuration");
});

Deno.test("checkKeyPair() refuses a certificate, a chain and a key that cannot be read", async () => {
  const { server: { cert, key } } = await world();
  const pairs = [
    { cert: "no certificate", key },
    { cert, key: "no key" },
    ...followedByGarbage(cert).map((cert) => ({ cert, key })),
  ];
  for (const pair of pairs) {
    const error = assertThrows(() => checkKeyPair(pair), DariError, "Cannot use the certificate");
    assertEquals([error.code, error.message.includes(key)], ["configuration", false]);
  }
});

Deno.test("splitAuthorities() gives each authority by itself", async () => {
  const { authority, foreign } = await world();
  const split = splitAuthorities(`${authority.pem}\n# a comment\n${foreign.pem}`);
  assertEquals(split.map((pem) => pem.trim()), [authority.pem.trim(), foreign.pem.trim()]);
});

Deno.test("splitAuthorities() refuses a list without a certificate, and one that cannot be read", () => {
  assertThrows(() => splitAuthorities("\n"), DariError, "no certificate among the authorities");
  const [, garbage = ""] = followedByGarbage("");
  assertThrows(() => splitAuthorities(garbage), DariError, "Cannot read an authority");
});

Deno.test("containsPublicKey() knows an EC key of its certificate, and vouches for no other key", async () => {
  const { server, client, authority } = await world();
  assertEquals(containsPublicKey(server), true);
  assertEquals(containsPublicKey({ ...server, cert: server.cert + authority.pem }), true);
  for (
    const pair of [
      { cert: server.cert, key: client.key },
      { cert: server.cert, key: "no key" },
      { cert: "no certificate", key: server.key },
      { cert: server.cert, key: client.key + server.key },
      ...followedByGarbage(server.cert).map((cert) => ({ cert, key: server.key })),
    ]
  ) {
    assertEquals(containsPublicKey(pair), false);
  }
});
