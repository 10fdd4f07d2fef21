import { assert, assertEquals } from "@std/assert";
import { decodeBase64 } from "@std/encoding/base64";
import { systemRandom } from "../../../lib/auth/proof/bytes.ts";
import { ALGORITHMS } from "../../../lib/auth/proof/public_key.ts";
import { Decoys } from "../../../lib/auth/sign_in/decoys.ts";
import { limits } from "../../../lib/base/limits.ts";

const secret = systemRandom(32);
const [decoys, sameSecret, another] = [secret, secret, systemRandom(32)].map((each) =>
  new Decoys(each)
);

Deno.test("a decoy verifier stays the same for a name, on every server of a store", async () => {
  const verifier = await decoys?.scramVerifier("nobody", 4_096);
  assertEquals(await sameSecret?.scramVerifier("nobody", 4_096), verifier);
  assertEquals(verifier?.iterations, 4_096);
  assertEquals(decodeBase64(verifier?.salt ?? "").length, limits.passwordSaltBytes);
  assert((await decoys?.scramVerifier("somebody", 4_096))?.salt !== verifier?.salt);
  assert((await another?.scramVerifier("nobody", 4_096))?.salt !== verifier?.salt);
});

Deno.test("a decoy key has the same algorithm for a question, on every server of a store", async () => {
  const seen = new Set<string>();
  for (let i = 0; i < 64; i++) {
    const key = await decoys?.publicKey(`question ${i}`);
    assertEquals((await sameSecret?.publicKey(`question ${i}`))?.algorithm, key?.algorithm);
    seen.add(key?.algorithm ?? "");
  }
  assertEquals([...seen].sort(), [...ALGORITHMS].sort());
});

Deno.test("decoy keys are made once for each algorithm", async () => {
  const keys = new Set<unknown>();
  for (let i = 0; i < 64; i++) keys.add(await decoys?.publicKey(`question ${i}`));
  assertEquals(keys.size, ALGORITHMS.length);
});
