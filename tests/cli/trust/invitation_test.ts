import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { formatInvitation, parseInvitation } from "../../../lib/cli/trust/invitation.ts";

const invitation = {
  server: { kind: "tls", host: "fd00::5", port: 9090 },
  fingerprint: "ab".repeat(32),
  secret: "A-b_".repeat(5) + "zz",
} as const;

Deno.test("parseInvitation() reads what formatInvitation() writes", () => {
  const line = formatInvitation(invitation);
  assertEquals(line, `tls://[fd00::5]:9090#${"ab".repeat(32)}.${invitation.secret}`);
  assertEquals(parseInvitation(` ${line}\n`), invitation);
  const mutual = { ...invitation, mutualPort: 9443 };
  assertEquals(parseInvitation(formatInvitation(mutual)), mutual);
  const joining = { ...invitation, isToJoin: true };
  assertEquals(formatInvitation(joining), line.replace("#", "?join#"));
  assertEquals(parseInvitation(formatInvitation(joining)), joining);
});

Deno.test("parseInvitation() refuses everything else, and its error shows nothing of it", () => {
  const line = formatInvitation(invitation);
  const texts = ["", "tls://box:1", line.slice(0, -1), `${line}x`, line.replace("tls:", "tcp:")];
  for (const text of [...texts, line.replace("#", " "), line.replace("[fd00::5]", "fd00::5")]) {
    const error = assertThrows(() => parseInvitation(text), DariError);
    assertEquals([error.code, error.message.includes(invitation.secret)], ["usage", false], text);
  }
});
