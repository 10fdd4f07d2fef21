import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  checkMessageText,
  checkQueueName,
  isAdministrativeRight,
  queueRight,
} from "../../../lib/messages/queue/names.ts";

Deno.test("checkQueueName() takes letters, digits, _ and -, up to maxQueueNameLength", () => {
  const longest = "q".repeat(limits.maxQueueNameLength);
  for (const name of ["emails", "A-1_b", longest]) assertEquals(checkQueueName(name), name);
  for (
    const name of [
      "",
      "..",
      "../emails",
      "a.b",
      "a/b",
      "a b",
      "emails*",
      ">",
      "a\0b",
      "é",
      `${longest}q`,
      "q".repeat(1_000_000),
      7,
      null,
      undefined,
      ["emails"],
    ]
  ) {
    const error = assertThrows(() => checkQueueName(name), DariError);
    assertEquals(error.code, "invalid_params");
    const shown = error.message.length < 200 + limits.shownNameLength;
    assertEquals(shown, true);
  }
});

Deno.test("checkMessageText() refuses control characters and more than maxMessageIdLength", () => {
  const longest = "é".repeat(limits.maxMessageIdLength);
  for (const id of ["order 1", "*", "..", longest]) assertEquals(checkMessageText(id, "id"), id);
  for (const id of ["", "a\0", "a\nb", `${longest}é`, "\ud800", 7, null]) {
    assertThrows(() => checkMessageText(id, "id"), DariError, '"id" must be a text');
  }
});

Deno.test("rights are named by queue and verb, and show and manage are administrative", () => {
  assertEquals(queueRight("emails", "put"), "queue:emails.put");
  const administrative = (["put", "take", "show", "manage"] as const).filter(isAdministrativeRight);
  assertEquals(administrative, ["show", "manage"]);
});
