import { assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { decodePem } from "../../../lib/cert/mod.ts";
import { bindingsOf } from "../../../lib/cert/server/channel_binding.ts";
import { world } from "../../support/mutual_tls.ts";
import { hasOpenssl } from "../../support/openssl.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("bindingsOf() gives the hash of the leaf, from the server's PEM as from what a client sees", async () => {
  const { server, authority } = await world();
  const [leaf] = decodePem(server.cert);
  const hash = encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", leaf!.bytes)));
  for (const certificate of [server.cert, server.cert + authority.pem, leaf!.bytes]) {
    const bindings = bindingsOf(certificate).map(({ type, data }) => `${type}=${encodeHex(data)}`);
    assertEquals(bindings, [`tls-server-end-point=${hash}`]);
  }
});

Deno.test("bindingsOf() gives nothing for a certificate that cannot be read", () => {
  assertEquals(bindingsOf("no certificate"), []);
  assertEquals(bindingsOf(new Uint8Array([0x30, 1, 0])), []);
});

Deno.test({
  name: "bindingsOf() follows the certificate's signature, and gives none for Ed25519",
  ignore: !hasOpenssl,
  fn: followsSignature,
});

async function followsSignature() {
  await using directory = await tempDirectory();
  const lengths: Record<string, number[]> = {};
  for (
    const [name, key, ...how] of [
      ["SHA-256", "ec:P-256", "-sha256"],
      ["SHA-384", "ec:P-256", "-sha384"],
      ["SHA-512", "rsa:2048", "-sha512"],
      ["SHA-1 stands for SHA-256", "rsa:2048", "-sha1"],
      ["Ed25519", "ed25519"],
    ] as const
  ) {
    const [algorithm = "", curve] = key.split(":");
    const { success, stdout } = await new Deno.Command("openssl", {
      args: [
        ...["req", "-x509", "-nodes", "-newkey", algorithm === "rsa" ? key : algorithm, ...how],
        ...(algorithm === "ec" ? ["-pkeyopt", `ec_paramgen_curve:${curve}`] : []),
        ...["-keyout", `${directory.path}/key`, "-subj", "/CN=x"],
      ],
      stderr: "null",
    }).output();
    assertEquals(success, true, name);
    lengths[name] = bindingsOf(new TextDecoder().decode(stdout)).map(({ data }) => data.length);
  }
  assertEquals(lengths, {
    "SHA-256": [32],
    "SHA-384": [48],
    "SHA-512": [64],
    "SHA-1 stands for SHA-256": [32],
    "Ed25519": [],
  });
}
