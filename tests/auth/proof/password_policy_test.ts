import { assert, assertRejects } from "@std/assert";
import { checkNewPassword } from "../../../lib/auth/proof/password_policy.ts";
import { DariError } from "../../../lib/base/errors.ts";

Deno.test("checkNewPassword() requires length, refuses common passwords, and requires nothing else", async () => {
  for (
    const password of [
      "four words and no digits",
      "비밀번호는 이렇게 길게 씁니다",
      "correct horse battery",
    ]
  ) {
    await checkNewPassword(password, ["alice"]);
  }
  const refused: [password: string, reason: string][] = [
    ["short", "at least 15"],
    ["SecurePass123!", "at least 15"],
    ["a".repeat(20), "most common"],
    ["123123123123123123", "most common"],
    ["1qaz2wsx3edc4rfv", "most common"],
    ["alice@example.com", "account's name"],
    ["AliceAliceAlice1", "account's name"],
    ["a".repeat(1_025), "1 to 1024 bytes"],
    ["nul\0nul\0nul\0nul\0", "control"],
  ];
  for (const [password, reason] of refused) {
    const error = await assertRejects(
      () => checkNewPassword(password, ["alice", "alice@example.com"]),
      DariError,
      reason,
    );
    assert(!error.message.includes(password));
  }
});

Deno.test("checkNewPassword() accepts 8 characters with a second credential, and no fewer", async () => {
  await checkNewPassword("xk7#pq2v", [], { minCharacters: 8 });
  await assertRejects(() => checkNewPassword("password", [], { minCharacters: 8 }), DariError);
  await assertRejects(() => checkNewPassword("xk7#pq2", [], { minCharacters: 7 }), RangeError);
});

Deno.test("checkNewPassword() refuses a password that is built from a name, however it is decorated", async () => {
  for (const password of ["alice-2026-ALICE!", "1234 alice 5678 alice", "ＡＬＩＣＥalicealice"]) {
    await assertRejects(() => checkNewPassword(password, ["alice"]), DariError, "account's name");
  }
  await checkNewPassword("alice walks the dog", ["alice", ""]);
});
