import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  encodePem,
  encodePkcs12,
  makeAuthority,
  makeRequest,
  makeRevocationList,
  makeSelfSigned,
  openAuthority,
} from "../../../../lib/cert/mod.ts";
import { ensureServerIdentity } from "../../../../lib/cert/server/server_identity.ts";
import { cert } from "../../../support/cert_workshop.ts";
import { tempDirectory } from "../../../support/temp.ts";

Deno.test("dari cert inspect shows the certificate of a server", async () => {
  await using directory = await tempDirectory();
  const { certPem, keyPem } = await ensureServerIdentity(`${directory.path}/data`);
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: certPem, key: keyPem });
  const serving = (async () => {
    using connection = await listener.accept();
    await connection.handshake().catch(() => {});
  })();
  const { code, out, err } = await cert("inspect", [`127.0.0.1:${listener.addr.port}`]);
  await serving;
  assertEquals(code, 0, err);
  assertStringIncludes(out, "names      localhost, 127.0.0.1, ::1");
});

Deno.test("dari cert inspect says where it found no server", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const { code, err } = await cert("inspect", [`tls://127.0.0.1:${port}`]);
  assertEquals(code, 69);
  assertStringIncludes(err, `127.0.0.1:${port}`);
});

Deno.test("dari cert inspect shows requests, revocation lists and PKCS#12 files, in PEM and in DER", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const { certificate, privateKey } = await makeSelfSigned("a.internal", {
    algorithm: "ecdsa-p256",
  });
  const request = await makeRequest(privateKey, ["b.internal"]);
  const made = await makeAuthority();
  const list = await makeRevocationList(
    await openAuthority(made.privateKey, [made.certificate]),
    [],
  );
  const typesOf = async (name: string, contents: Uint8Array | string, ...words: string[]) => {
    await Deno.writeFile(
      `${path}/${name}`,
      typeof contents === "string" ? new TextEncoder().encode(contents) : contents,
    );
    const { code, out, err } = await cert("inspect", [`${path}/${name}`, "--json", ...words]);
    assertEquals(code, 0, err);
    return JSON.parse(out).map(({ type }: { type: string }) => type);
  };
  const pem = encodePem("PRIVATE KEY", privateKey) + encodePem("CERTIFICATE", certificate.der) +
    encodePem("CERTIFICATE REQUEST", request) + encodePem("X509 CRL", list);
  assertEquals(await typesOf("all.pem", pem), ["certificate", "request", "revocation-list"]);
  assertEquals(await typesOf("a.der", certificate.der), ["certificate"]);
  assertEquals(await typesOf("b.der", request), ["request"]);
  assertEquals(await typesOf("c.der", list), ["revocation-list"]);
  await Deno.writeTextFile(`${path}/passphrase`, "correct horse\n", { mode: 0o600 });
  const file = await encodePkcs12([certificate], privateKey, "correct horse");
  const types = await typesOf("a.p12", file, "--passphrase-file", `${path}/passphrase`);
  assertEquals(types, ["pkcs12", "certificate"]);
  const { out } = await cert("inspect", [`${path}/b.der`]);
  assertStringIncludes(out, "request    signed by its key\nsubject    CN=b.internal\n");
});

Deno.test("dari cert names the file whose contents it refuses", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const { certificate } = await makeSelfSigned("a.internal", { algorithm: "ecdsa-p256" });
  await Deno.writeTextFile(`${path}/good.crt`, encodePem("CERTIFICATE", certificate.der));
  await Deno.writeTextFile(`${path}/bad.crt`, "-----BEGIN CERTIFICATE-----\nAAAA\n");
  await Deno.writeFile(`${path}/bad.der`, Uint8Array.of(0x30, 1));
  const [good, bad] = [`${path}/good.crt`, `${path}/bad.crt`];
  for (
    const [verb, ...words] of [
      ["inspect", bad],
      ["inspect", `${path}/bad.der`],
      ["verify", good, "--ca", bad],
      ["verify", bad, "--ca", good],
      ["verify", good, "--ca", good, "--untrusted", bad],
      ["export", `${path}/bad`],
      ["sign", bad, "--data", `${path}/data`],
      ["revoke", bad, "--data", `${path}/data`],
      ["renew", bad, "--data", `${path}/data`],
    ] as const
  ) {
    if (verb === "revoke") await ensureServerIdentity(`${path}/data`);
    const { code, err } = await cert(verb, words);
    assertEquals(code, 65, `${verb} ${words}: ${err}`);
    assertStringIncludes(err, `"${path}/bad.`, `${verb} ${words}`);
  }
});
