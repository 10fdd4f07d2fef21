import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { checkName } from "../../../lib/cert/path/name_match.ts";
import { testAuthority, testLeaf } from "../../support/test_authority.ts";

const root = await testAuthority();

const matches: [string, string, boolean][] = [
  ["leaf.internal", "leaf.internal", true],
  ["leaf.internal", "LEAF.internal", true],
  ["leaf.internal", "leaf.internal.", true],
  ["leaf.internal", "other.internal", false],
  ["*.leaf.internal", "a.leaf.internal", true],
  ["*.leaf.internal", "leaf.internal", false],
  ["*.leaf.internal", "a.b.leaf.internal", false],
  ["*.leaf.internal", "*.leaf.internal", false],
  ["127.0.0.1", "127.0.0.1", true],
  ["127.0.0.1", "127.0.0.2", false],
  ["::1", "0:0:0:0:0:0:0:1", true],
  ["leaf.internal", "127.0.0.1", false],
  ["spiffe://a.internal/x", "spiffe://a.internal/x", true],
  ["ann@a.internal", "ann@A.internal", true],
  ["ann@a.internal", "Ann@a.internal", false],
];
for (const [has, wanted, fits] of matches) {
  Deno.test(`a certificate for ${has} ${fits ? "stands" : "does not stand"} for ${wanted}`, async () => {
    const fault = checkName(await testLeaf(root, { names: [has] }), wanted);
    assertEquals(fault?.reason, fits ? undefined : "name_mismatch");
  });
}

Deno.test("checkName() takes a wildcard only as the whole first label, and not below the top", async () => {
  const leaf = await testLeaf(root);
  const presenting = (value: string) => ({
    ...leaf,
    extensions: { ...leaf.extensions, subjectAltName: [{ kind: "dns" as const, value }] },
  });
  for (const value of ["a*.leaf.internal", "*.internal", "*.*.internal", "*"]) {
    for (const wanted of ["ab.leaf.internal", "leaf.internal", "a.b.internal"]) {
      assertEquals(checkName(presenting(value), wanted)?.reason, "name_mismatch", value);
    }
  }
});

Deno.test("checkName() does not take a common name for a name", async () => {
  const leaf = await testLeaf(root, { subject: "CN=a.internal" });
  assertEquals(checkName(leaf, "a.internal")?.reason, "name_mismatch");
  const nameless = await testLeaf(root, { subject: "CN=a.internal", names: [] });
  assertEquals(checkName(nameless, "a.internal")?.reason, "no_name");
});

Deno.test("checkName() refuses to look for what is no name", async () => {
  const leaf = await testLeaf(root);
  assertEquals(assertThrows(() => checkName(leaf, "a b"), DariError).code, "usage");
});
