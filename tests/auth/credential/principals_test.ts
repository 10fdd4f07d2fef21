import { assertEquals } from "@std/assert";
import { type AccountRecord, createAccountRecord } from "../../../lib/auth/account/account.ts";
import type { ApiKeySecret } from "../../../lib/auth/credential/api_key_record.ts";
import { LivePrincipal } from "../../../lib/auth/credential/live_principal.ts";
import {
  apiKeyPrincipal,
  certificatePrincipal,
  localPrincipal,
  sessionPrincipal,
} from "../../../lib/auth/credential/principals.ts";
import { systemRandom } from "../../../lib/auth/proof/bytes.ts";
import { certificateOf } from "../../support/identity.ts";

const account = createAccountRecord({ name: "alice", roles: ["admin"] }, systemRandom, 0);

Deno.test("localPrincipal() is the owner of the process, and never ends", () => {
  assertEquals({ ...localPrincipal() }, {
    name: "local",
    kind: "local",
    roles: ["admin"],
    credentialId: "local",
  });
});

Deno.test("sessionPrincipal() writes its next use down when the last one is long enough ago", () => {
  const record = {
    account: "alice",
    epoch: account.epoch,
    createdAtMs: 0,
    idleUntilMs: 3_000,
    endsAtMs: 9_000,
    address: "",
    agent: "",
  };
  const key = "ab".repeat(32);
  const principal = sessionPrincipal({ key, record, account }, { idleMs: 1_000, touchMs: 100 });
  assertEquals({ ...principal }, {
    name: "alice",
    kind: "session",
    roles: ["admin"],
    credentialId: `session:${key.slice(0, 16)}`,
    expiresAtMs: 9_000,
  });
  const validity = LivePrincipal.validityOf(principal);
  assertEquals([validity?.idleUntilMs, validity?.touchAtMs], [3_000, 2_100]);
  assertEquals(LivePrincipal.originOf(principal).key, `session/${key}`);
});

Deno.test("apiKeyPrincipal() ends with its secret or with its key, whichever is earlier", () => {
  const record = {
    id: "0123456789ab",
    account: "alice",
    accountId: account.id,
    name: "web",
    scopes: ["add"],
    active: true,
    signs: false,
    createdAtMs: 0,
    expiresAtMs: 50,
    secrets: [],
  };
  const endOf = (secret: ApiKeySecret, expiresAtMs = 50) =>
    apiKeyPrincipal({ record: { ...record, expiresAtMs }, secret, account }).expiresAtMs;
  assertEquals(endOf({ hash: "h" }), 50);
  assertEquals(endOf({ hash: "h", endsAtMs: 40 }), 40);
  const principal = apiKeyPrincipal({ record, secret: { hash: "h" }, account });
  assertEquals([principal.scopes, principal.credentialId], [["add"], "apiKey:0123456789ab"]);
  assertEquals(LivePrincipal.originOf(principal).detail, "h");
});

Deno.test("certificatePrincipal() has its account's name and roles, or its own", () => {
  const certificate = certificateOf("worker-1", 7);
  const faceOf = (owner?: AccountRecord) => {
    const { name, roles, expiresAtMs } = certificatePrincipal(certificate, owner, () => false);
    return [name, roles, expiresAtMs];
  };
  assertEquals(faceOf(account), ["alice", ["admin"], 7]);
  assertEquals(faceOf(), ["certificate:worker-1", ["certificate"], 7]);
});
