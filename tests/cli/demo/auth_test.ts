import { assertEquals } from "@std/assert";
import { outcomesOf } from "../../support/demo.ts";

Deno.test("dari demo auth registers, signs in and locks", async () => {
  const shown = await outcomesOf("auth");
  assertEquals(shown["registered"], {
    name: "john_doe",
    email: "john@example.com",
    fields: { full_name: "John Doe" },
    roles: ["user"],
  });
  const john = { name: "john_doe", roles: ["user"] };
  assertEquals(shown["the right password"], { name: "john_doe", active: true });
  assertEquals(shown["a session from 192.168.1.100"], { ...john, by: "session" });
  assertEquals(shown['the API key "web-app"'], { ...john, by: "apiKey" });
  for (const refused of ["a wrong password", "the session, once revoked"]) {
    assertEquals((shown[refused] as { code: string }).code, "unauthenticated");
  }
  assertEquals(shown["the right password after five wrong ones"], { locked: true, minutes: 5 });
});
