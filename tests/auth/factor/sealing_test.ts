import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { systemRandom, utf8 } from "../../../lib/auth/proof/bytes.ts";
import { Sealing } from "../../../lib/auth/factor/sealing.ts";
import { DariError } from "../../../lib/base/errors.ts";

const secret = systemRandom(32);

Deno.test("Sealing reads what it wrote, also in another process with the same secret", async () => {
  const text = await new Sealing(secret, "factor", systemRandom).seal(utf8("plain"), "alice");
  const again = new Sealing(secret, "factor", systemRandom);
  assertEquals(await again.open(text, "alice"), utf8("plain"));
  assertNotEquals(await again.seal(utf8("plain"), "alice"), text);
});

Deno.test("Sealing reads nothing that was changed, cut or moved", async () => {
  const sealing = new Sealing(secret, "factor", systemRandom);
  const text = await sealing.seal(utf8("plain"), "alice");
  const other = (text[20] === "A" ? "B" : "A") + text.slice(21);
  const attempts = [
    () => sealing.open(text, "bob"),
    () => sealing.open(text.slice(0, 20) + other, "alice"),
    () => sealing.open(text.slice(0, -4), "alice"),
    () => sealing.open("", "alice"),
    () => sealing.open("!", "alice"),
    () => new Sealing(secret, "other", systemRandom).open(text, "alice"),
    () => new Sealing(systemRandom(32), "factor", systemRandom).open(text, "alice"),
  ];
  for (const attempt of attempts) {
    const error = await assertRejects(attempt, DariError, "cannot be decrypted");
    assertEquals(error.code, "data");
  }
});
