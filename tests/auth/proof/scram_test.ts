import { assert, assertEquals, assertThrows } from "@std/assert";
import { hmacSha256, sha256, utf8 } from "../../../lib/auth/proof/bytes.ts";
import { pbkdf2 } from "../../../lib/auth/proof/derive.ts";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import {
  attributeBytes,
  checkProof,
  createScramVerifier,
  deriveKeys,
  parseAttributes,
  xor,
} from "../../../lib/auth/proof/scram.ts";

Deno.test("createScramVerifier() leaves the salted password out, and draws a salt each time", async () => {
  const [one, two] = [
    await createScramVerifier("pencil", { iterations: 4_096 }),
    await createScramVerifier("pencil", { iterations: 4_096 }),
  ];
  assert(one.salt !== two.salt && one.storedKey !== two.storedKey);
  assertEquals(Object.keys(one).sort(), ["iterations", "salt", "serverKey", "storedKey"]);
});

Deno.test("parseAttributes() reads attributes in their order, and ignores extensions behind them", () => {
  assertEquals(parseAttributes("r=a,s=b=,i=1,x=y", ["r", "s", "i"]), { r: "a", s: "b=", i: "1" });
  for (const message of ["", "s=b,r=a", "r=a", "m=x,r=a,s=b", "R=a,s=b"]) {
    assertThrows(() => parseAttributes(message, ["r", "s"]), AuthenticationError, "attribute");
  }
});

Deno.test("attributeBytes() refuses what is not base64", () => {
  assertEquals(attributeBytes("AQI="), new Uint8Array([1, 2]));
  assertThrows(() => attributeBytes("!"), AuthenticationError, "not base64");
});

Deno.test("checkProof() accepts ClientProof of RFC 5802, section 3, and no other", async () => {
  const verifier = await createScramVerifier("pencil", { iterations: 4_096 });
  const salted = await pbkdf2(utf8("pencil"), attributeBytes(verifier.salt), 4_096);
  const { clientKey, serverKey } = await deriveKeys(salted);
  const proof = xor(clientKey, await hmacSha256(sha256(clientKey), "message"));
  assertEquals(
    await checkProof(verifier, "message", proof),
    await hmacSha256(serverKey, "message"),
  );
  assertEquals(await checkProof(verifier, "another", proof), null);
  assertEquals(await checkProof(verifier, "message", xor(proof, new Uint8Array(32).fill(1))), null);
});
