import { assertEquals } from "@std/assert";
import { isCommonPassword } from "../../../lib/auth/proof/common_passwords.ts";

const common: Readonly<Record<string, readonly string[]>> = {
  "as it is": ["password", "PassWord", "ＰＡＳＳＷＯＲＤ", "1qaz2wsx3edc4rfv"],
  "with digits and symbols around it": [
    "password1234567",
    "password8472916503",
    "!!2026-letmein-2026!!",
    "Sunshine........",
  ],
  "with look-alikes": ["p4ssw0rd", "P@$$w0rd-2026!!", "$un5hine1234567", "we1c0me we1c0me"],
  "with runs": ["abcpassword789xyz", "dragonaaaaaaaaaa", "qwertyletmein!!!"],
  "more than once": ["passwordpassword", "password password", "dragon-dragon-dragon-1"],
  "nothing but runs": [
    "1234567890abcdef",
    "aaaa bbbb cccc dddd",
    "qwertyuiop asdfghjkl",
    "zyxwvutsrq987654321",
    "aaaaaaaaaaaaaaaaaaaa",
    "123123123123123123",
  ],
};

for (const [how, passwords] of Object.entries(common)) {
  Deno.test(`isCommonPassword() knows a common password ${how}`, async () => {
    for (const password of passwords) {
      assertEquals(await isCommonPassword(password), true, password);
    }
  });
}

Deno.test("isCommonPassword() takes several words, chance and other scripts for what they are", async () => {
  for (
    const password of [
      "correct horse battery",
      "the first property of a stone",
      "dragon sunshine stapler",
      "xk7#pq2vQ9!mR4&z",
      "8472916503748295",
      "비밀번호는 이렇게 길게 씁니다",
    ]
  ) {
    assertEquals(await isCommonPassword(password), false, password);
  }
});
