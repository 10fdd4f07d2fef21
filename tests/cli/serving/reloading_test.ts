import { assertEquals } from "@std/assert";
import { createReload } from "../../../lib/cli/serving/reloading.ts";

Deno.test("a reload looks at everything, whatever fails, and is over for the service manager then", async () => {
  const seen: string[] = [];
  const failing = Promise.withResolvers<void>();
  const reload = createReload({
    policy: { look: (isAsked) => Promise.resolve(void seen.push(`policy ${isAsked}`)) },
    server: { reload: () => failing.promise },
    manager: {
      reloading: () => void seen.push("reloading"),
      ready: (status) => void seen.push(`ready: ${status}`),
    },
    log: { reopen: () => Promise.resolve(void seen.push("log")) },
    status: "listening",
  });
  const first = reload();
  await Promise.resolve();
  failing.reject(new Error("no certificate"));
  await first;
  assertEquals(seen, ["reloading", "log", "policy true", "ready: listening"]);
});

Deno.test("a reload that is asked for during another one begins once that has ended, and only once", async () => {
  let looks = 0;
  const looking = Promise.withResolvers<void>();
  const reload = createReload({
    policy: { look: () => (looks++, looking.promise) },
    server: { reload: () => Promise.resolve() },
    manager: { reloading: () => {}, ready: () => {} },
    log: { reopen: () => Promise.resolve() },
    status: "",
  });
  const first = reload();
  await Promise.resolve();
  const others = [reload(), reload(), reload()];
  assertEquals(looks, 1);
  looking.resolve();
  await Promise.all([first, ...others]);
  assertEquals(looks, 2);
});
