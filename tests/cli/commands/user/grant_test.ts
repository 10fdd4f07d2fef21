import { assertEquals } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { dataDirectory, done } from "../../../support/dari_command.ts";

Deno.test("dari user grant adds and removes roles and certificates", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  assertEquals(
    await data.dari(["user", "grant", "alice", "--role", "admin", "--certificate", "worker-1"]),
    done("alice: roles user, admin; 0 public keys; 1 certificates"),
  );
  const words = ["--remove-role", "admin", "--remove-role", "user", "--remove-certificate"];
  assertEquals(
    await data.dari(["user", "grant", "alice", ...words, "worker-1"]),
    done("alice: roles none; 0 public keys; 0 certificates"),
  );
});

Deno.test("dari user grant registers and removes a public key", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign"]) as CryptoKeyPair;
  const spki = encodeBase64(await crypto.subtle.exportKey("spki", pair.publicKey));
  const file = `${data.path}/alice.pub`;
  await Deno.writeTextFile(file, `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`);
  const grant = ["user", "grant", "alice"];
  const granted = await data.dari([...grant, "--public-key", file, "--json"]);
  const [key] = JSON.parse(granted.out).publicKeys;
  assertEquals([key.algorithm, key.name], ["Ed25519", "alice.pub"]);
  assertEquals(
    await data.dari([...grant, "--remove-public-key", key.id]),
    done("alice: roles user; 0 public keys; 0 certificates"),
  );
  assertEquals((await data.dari([...grant, "--public-key", `${file}x`])).code, 74);
});
