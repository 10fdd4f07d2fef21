import { assertEquals } from "@std/assert";
import { Health } from "../../../lib/rpc/builtin/health.ts";

Deno.test("Health serves as a whole until it is told otherwise, and knows no service by itself", () => {
  const health = new Health();
  assertEquals([health.status(""), health.status("mail")], ["SERVING", "UNKNOWN"]);
  health.set("SERVING", "mail");
  health.set("NOT_SERVING");
  assertEquals([health.status(""), health.status("mail")], ["NOT_SERVING", "SERVING"]);
});

Deno.test("Health takes a service that is no text for the server as a whole", () => {
  const health = new Health();
  for (const service of [undefined, null, 1, {}, ["mail"]]) {
    assertEquals(health.status(service), "SERVING");
  }
  assertEquals(health.status("__proto__"), "UNKNOWN");
});
