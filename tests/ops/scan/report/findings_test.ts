import { assertEquals } from "@std/assert";
import type { ClientAuthFound } from "../../../../lib/ops/scan/probe/client_auth.ts";
import type { VersionFound } from "../../../../lib/ops/scan/probe/versions.ts";
import { findingsOf, type Observed } from "../../../../lib/ops/scan/report/findings.ts";

const nothing: Observed = {
  versions: [],
  parameters: { groups13: [], curves12: [] },
  noticesFallback: undefined,
  certificates: [],
  clientAuth: [],
  violations: [],
  isComplete: true,
};

function rulesOf(observed: Partial<Observed>): string[] {
  return findingsOf({ ...nothing, ...observed }).map(({ rule }) => rule);
}

function version(name: VersionFound["version"], ...suites: number[]): VersionFound {
  return { version: name, outcome: "offered", suites, isComplete: true };
}

function auth(
  name: ClientAuthFound["version"],
  isAsked: boolean,
  isEnforced: boolean,
  resumptions: ClientAuthFound["resumptions"] = [],
): ClientAuthFound {
  const bare = { kind: "ended", answer: { kind: "alert", alert: 40 } } as const;
  return { version: name, bare, isAsked, isEnforced, reason: "handshake_failure", resumptions };
}

Deno.test("a server of which nothing bad is known has no findings", () => {
  assertEquals(rulesOf({ versions: [version("TLSv1.3", 0x1301)] }), []);
});

Deno.test("findingsOf() gives each weakness once, the worst first", () => {
  const versions = [
    version("SSLv3", 0x0005),
    version("TLSv1.0", 0x0005, 0x002f),
    { ...version("TLSv1.3"), outcome: "refused" as const },
  ];
  const rules = [
    "version-sslv3",
    "suite-broken",
    "version-old",
    "suite-no-forward-secrecy",
    "version-no-tls13",
  ];
  assertEquals(rulesOf({ versions }), rules);
});

Deno.test("a prime of 2048 bits is long enough, and one bit less is not", () => {
  const parameters = { groups13: [], curves12: [] };
  assertEquals(rulesOf({ parameters: { ...parameters, primeBits: 2048 } }), []);
  assertEquals(rulesOf({ parameters: { ...parameters, primeBits: 2047 } }), ["prime-weak"]);
});

Deno.test("what goes with the suites is found where it was told", () => {
  const parameters = {
    groups13: [],
    curves12: [19],
    signsWeakly: true,
    compresses: true,
    renegotiatesSafely: false,
    extendsMasterSecret: false,
  };
  assertEquals(rulesOf({ parameters, noticesFallback: false, violations: ["it lies"] }), [
    "group-weak",
    "compression",
    "renegotiation",
    "signature-weak",
    "protocol-violation",
    "extended-master-secret",
    "fallback",
  ]);
});

Deno.test("client certificates: a difference between versions is worse than letting all in", () => {
  const [asked, open] = [auth("TLSv1.2", true, true), auth("TLSv1.3", true, false)];
  assertEquals(rulesOf({ clientAuth: [asked, open] }), ["client-certificate-differs"]);
  assertEquals(rulesOf({ clientAuth: [open] }), ["client-certificate-not-enforced"]);
  assertEquals(rulesOf({ clientAuth: [auth("TLSv1.3", false, false)] }), []);
});

Deno.test("a session that goes on counts where certificates are enforced, and nowhere else", () => {
  const resumed = (source: "bare" | "certificate" | "elsewhere") =>
    [{ source, outcome: "resumed" }] as const;
  const rules = (source: "bare" | "certificate" | "elsewhere", isEnforced: boolean) =>
    rulesOf({ clientAuth: [auth("TLSv1.3", isEnforced, isEnforced, resumed(source))] });
  assertEquals(rules("elsewhere", true), ["resumption-without-certificate"]);
  assertEquals(rules("bare", true), ["resumption-without-certificate"]);
  assertEquals(rules("certificate", true), ["resumption-keeps-certificate"]);
  assertEquals(rules("bare", false), []);
});
