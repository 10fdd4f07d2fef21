import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { utf8 } from "../../../lib/auth/proof/bytes.ts";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import {
  formatPasswordHash,
  hashPassword,
  parsePasswordHash,
  passwordBytes,
  verifyPassword,
} from "../../../lib/auth/proof/password.ts";
import { DariError } from "../../../lib/base/errors.ts";

const options = { iterations: 1_000 };

Deno.test("hashPassword() gives a PHC string with a salt of its own", async () => {
  const [first, second] = [
    await hashPassword("correct horse", options),
    await hashPassword("correct horse", options),
  ];
  assert(/^\$pbkdf2-sha256\$i=1000\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/.test(first), first);
  assert(first !== second);
  assertEquals(parsePasswordHash(first).salt.length, 16);
});

Deno.test("verifyPassword() accepts every spelling of the password, and no other text", async () => {
  const kept = await hashPassword("Pässwörd 🙂 lang genug", options);
  assert(await verifyPassword("Pässwörd 🙂 lang genug", kept));
  assert(await verifyPassword("Pässwörd 🙂 lang genug".normalize("NFD"), kept));
  assert(await verifyPassword("Pässwörd\u00a0🙂 lang genug", kept));
  for (const wrong of ["pässwörd 🙂 lang genug", "Pässwörd 🙂 lang genu", "Passwort"]) {
    assertEquals(await verifyPassword(wrong, kept), false, wrong);
  }
});

Deno.test("verifyPassword() refuses a text that cannot be a password", async () => {
  const kept = await hashPassword("correct horse", options);
  for (const text of ["", "a\0b", "a\nb", "x".repeat(1_025), "x".repeat(1_048_576), "\ud800"]) {
    await assertRejects(() => verifyPassword(text, kept), AuthenticationError);
  }
  assertEquals(await verifyPassword("é".repeat(512), kept), false);
});

Deno.test("verifyPassword() refuses a damaged PHC string without showing it", async () => {
  for (
    const phc of [
      "",
      "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
      "$pbkdf2-sha256$i=0$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
      "$pbkdf2-sha256$i=99999999$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
      "$pbkdf2-sha256$i=1000$c2FsdA$aGFzaA",
    ]
  ) {
    const error = await assertRejects(() => verifyPassword("correct horse", phc), DariError);
    assertEquals(error.code, "data");
    assert(!error.message.includes("aGFzaA"));
  }
});

Deno.test("parsePasswordHash() refuses base64 of a length that there is not, and says data", () => {
  const hash = "A".repeat(43);
  for (const phc of [`$pbkdf2-sha256$i=7$AAAAA$${hash}`, `$pbkdf2-sha256$i=7$AAAA$${hash}AA`]) {
    const error = assertThrows(() => parsePasswordHash(phc), DariError);
    assertEquals(error.code, "data");
    assert(!error.message.includes("AAA"), error.message);
  }
});

Deno.test("formatPasswordHash() and parsePasswordHash() are inverse", () => {
  const hash = {
    iterations: 7,
    salt: utf8("sixteen bytes .."),
    hash: utf8("thirty-two bytes .............. "),
  };
  assertEquals(parsePasswordHash(formatPasswordHash(hash)), hash);
});

Deno.test("passwordBytes() gives one encoding for every keyboard", () => {
  assertEquals(passwordBytes("Zoe\u0308 \u00a0\u3000"), utf8("Zoë   "));
});
