import { assert, assertEquals } from "@std/assert";
import {
  isDhe,
  isEcdhe,
  isSigned,
  suiteOf,
  suitesFor,
  weaknessOf,
} from "../../../../lib/ops/scan/names/suites.ts";
import { SUITE_TABLE } from "../../../../lib/ops/scan/names/suite_table.ts";

const code = (name: string) =>
  suitesFor("TLSv1.2").find((one) => suiteOf(one).name === `TLS_${name}`)!;

Deno.test("the table has every number once and every name once", () => {
  const rows = SUITE_TABLE.split(",").map((row) => row.trim()).filter((row) => row !== "");
  assert(rows.length > 300);
  for (const row of rows) assert(/^[0-9a-f]{4} [A-Za-z0-9_]+$/.test(row), row);
  assertEquals(new Set(rows.map((row) => row.slice(0, 4))).size, rows.length);
  assertEquals(new Set(rows.map((row) => row.slice(5))).size, rows.length);
});

Deno.test("suitesFor() gives TLS 1.3 its own, and older versions nothing that came with TLS 1.2", () => {
  assertEquals(suitesFor("TLSv1.3").toSorted(), [0x1301, 0x1302, 0x1303, 0x1304, 0x1305]);
  const old = suitesFor("TLSv1.0").map((one) => suiteOf(one).name);
  assert(old.includes("TLS_RSA_WITH_RC4_128_MD5"));
  assert(!old.some((name) => /GCM|CCM|POLY|SHA256$/.test(name)));
  assert(!suitesFor("TLSv1.2").includes(0), "TLS_NULL_WITH_NULL_NULL is never negotiated");
  assertEquals(suiteOf(suitesFor("TLSv1.2")[0]!).name, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
});

Deno.test("weaknessOf() names the worst that is wrong with a suite", () => {
  const rows: [string, string | undefined][] = [
    ["ECDHE_RSA_WITH_AES_128_GCM_SHA256", undefined],
    ["DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", undefined],
    ["ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "suite-cbc"],
    ["RSA_WITH_AES_128_GCM_SHA256", "suite-no-forward-secrecy"],
    ["ECDH_RSA_WITH_AES_128_GCM_SHA256", "suite-no-forward-secrecy"],
    ["ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "suite-3des"],
    ["ECDHE_RSA_WITH_RC4_128_SHA", "suite-broken"],
    ["DHE_RSA_WITH_DES_CBC_SHA", "suite-broken"],
    ["RSA_EXPORT_WITH_RC4_40_MD5", "suite-export"],
    ["DH_anon_WITH_AES_128_GCM_SHA256", "suite-anonymous"],
    ["ECDHE_RSA_WITH_NULL_SHA", "suite-null"],
    ["DH_anon_EXPORT_WITH_RC4_40_MD5", "suite-anonymous"],
  ];
  for (const [name, rule] of rows) assertEquals(weaknessOf(code(name))?.rule, rule, name);
  assertEquals(weaknessOf(0x1301), undefined);
});

Deno.test("suites are told apart by their key agreement", () => {
  assert(isEcdhe(code("ECDHE_RSA_WITH_AES_128_CBC_SHA")));
  assert(isEcdhe(code("ECDH_anon_WITH_AES_128_CBC_SHA")));
  assert(!isEcdhe(code("ECDH_RSA_WITH_AES_128_CBC_SHA")));
  assert(
    isDhe(code("DHE_DSS_WITH_AES_128_CBC_SHA")) && isDhe(code("DH_anon_WITH_AES_128_CBC_SHA")),
  );
  assert(!isSigned(code("DH_anon_WITH_AES_128_CBC_SHA")));
  assertEquals(suiteOf(0xabcd).name, "0xabcd");
});
