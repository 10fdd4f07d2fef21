import { assertEquals, assertRejects } from "@std/assert";
import type { AccountRecord } from "../../../lib/auth/account/account.ts";
import { systemRandom } from "../../../lib/auth/proof/bytes.ts";
import {
  checkRegistration,
  registrationOptions,
  signInOptions,
  transportsOf,
} from "../../../lib/auth/factor/passkey_checks.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { SoftAuthenticator } from "../../support/soft_authenticator.ts";

const site = { origin: "https://dari.example", rpId: "dari.example", binding: "b" };
const account = { name: "alice", id: "ab".repeat(16) } as AccountRecord;
/** A key of P-256 in COSE form, and what comes before padding in it. */
const KEY_BYTES = 77;
const PADDING_HEAD_BYTES = 5;

const optionsFor = () =>
  registrationOptions({
    site,
    title: "dari",
    challenge: systemRandom(limits.ceremonyNonceBytes),
    account,
    passkeys: [],
  });

async function register(authenticator: SoftAuthenticator) {
  const response = await authenticator.register(await optionsFor(), site.origin);
  const { credential } = await checkRegistration(response, site, () => Promise.resolve(true));
  return credential;
}

Deno.test("the options ask for a passkey that verifies its user, and name nobody at a sign-in", async () => {
  const { authenticatorSelection, attestation, rp, user } = await optionsFor();
  assertEquals([authenticatorSelection?.residentKey, authenticatorSelection?.userVerification], [
    "required",
    "required",
  ]);
  assertEquals([attestation, rp.id, user.name], ["none", "dari.example", "alice"]);
  const options = await signInOptions(site, systemRandom(limits.ceremonyNonceBytes));
  assertEquals([options.userVerification, options.rpId, options.allowCredentials], [
    "required",
    "dari.example",
    undefined,
  ]);
});

Deno.test("a passkey's id and key are as long as their bounds say, and not longer", async () => {
  const longestId = limits.maxCredentialIdLength * 3 / 4;
  const { id } = await register(await SoftAuthenticator.create({ idBytes: longestId }));
  assertEquals(id.length, limits.maxCredentialIdLength);
  const longer = await SoftAuthenticator.create({ idBytes: longestId + 1 });
  await assertRejects(() => register(longer), DariError, "was not registered");
  const padding = limits.maxPasskeyBytes - KEY_BYTES - PADDING_HEAD_BYTES;
  const { publicKey } = await register(await SoftAuthenticator.create({ padding }));
  assertEquals(publicKey.length, limits.maxPasskeyBytes);
  const long = await SoftAuthenticator.create({ padding: padding + 1 });
  await assertRejects(() => register(long), DariError, "the length of its id or key");
});

Deno.test("of the ways to reach an authenticator as many are kept as the bound says, and words alone", () => {
  const kept = (transports: string[]) =>
    transportsOf({ id: "", publicKey: new Uint8Array(), counter: 0, transports } as never);
  const words = Array.from({ length: limits.maxPasskeyTransports + 1 }, () => "usb");
  assertEquals(kept(words).length, limits.maxPasskeyTransports);
  assertEquals(kept(["internal", "<script>", "", "a".repeat(33), 7 as never]), ["internal"]);
});
