import { assertEquals, assertRejects } from "@std/assert";
import { signDetached, verifyDetached } from "../../../lib/cert/key/detached.ts";
import {
  CertificateError,
  encodePem,
  encodePrivateKeyPem,
  type KeyAlgorithm,
} from "../../../lib/cert/mod.ts";
import { sharedKeyPair } from "../../support/key_pairs.ts";
import { hasOpenssl, openssl } from "../../support/openssl.ts";
import { tempDirectory } from "../../support/temp.ts";

const message = new TextEncoder().encode("the list of files\n");
const algorithms: KeyAlgorithm[] = ["ecdsa-p256", "rsa-2048"];

for (const algorithm of algorithms) {
  Deno.test(`verifyDetached() takes a signature of ${algorithm} for exactly its message`, async () => {
    const { publicKey, privateKey } = await sharedKeyPair(algorithm);
    const signature = await signDetached(privateKey, message);
    assertEquals(await verifyDetached(publicKey, message, signature), true);
    assertEquals(await verifyDetached(publicKey, message.slice(1), signature), false);
    assertEquals(await verifyDetached(publicKey, message, signature.slice(1)), false);
    const other = await sharedKeyPair(algorithm, "another");
    assertEquals(await verifyDetached(other.publicKey, message, signature), false);
  });

  Deno.test({
    name: `openssl verifies a signature of ${algorithm}, and dari one of openssl`,
    ignore: !hasOpenssl,
    async fn() {
      await using directory = await tempDirectory();
      const { publicKey, privateKey } = await sharedKeyPair(algorithm);
      const write = (name: string, content: string | Uint8Array) =>
        typeof content === "string"
          ? Deno.writeTextFile(`${directory.path}/${name}`, content)
          : Deno.writeFile(`${directory.path}/${name}`, content);
      await write("message", message);
      await write("public.pem", encodePem("PUBLIC KEY", publicKey));
      await write("private.pem", await encodePrivateKeyPem(privateKey));
      await write("ours.sig", await signDetached(privateKey, message));
      const digest = (...args: string[]) => openssl(directory.path, "dgst", "-sha256", ...args);
      const { text } = await digest("-verify", "public.pem", "-signature", "ours.sig", "message");
      assertEquals(text, "Verified OK\n");
      await digest("-sign", "private.pem", "-out", "theirs.sig", "message");
      const theirs = await Deno.readFile(`${directory.path}/theirs.sig`);
      assertEquals(await verifyDetached(publicKey, message, theirs), true);
    },
  });
}

Deno.test("signDetached() refuses what is no private key", async () => {
  await assertRejects(() => signDetached(new Uint8Array(8), message), CertificateError);
});
