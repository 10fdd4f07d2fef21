import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { openServerStore } from "../../../lib/cli/serving/server_store.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("openServerStore opens store and ledger, and closes both when it is disposed", async () => {
  await using directory = await tempDirectory();
  const data = directory.path;
  {
    await using kept = await openServerStore(data);
    await kept.store.put("a", "1");
    assertEquals(await kept.ledger.entries(), []);
    assertEquals(kept.isCertificateRevoked({ serial: "01" }), false);
  }
  await using again = await openServerStore(data);
  assertEquals((await again.store.get("a"))?.value, "1");
});

Deno.test("openServerStore says when the store's file was removed under it", async () => {
  await using directory = await tempDirectory();
  await using kept = await openServerStore(directory.path);
  await kept.store.put("a", "1");
  await Deno.remove(`${directory.path}/dari.db`);
  await assertRejects(() => kept.store.put("a", "2"), DariError);
  const error = await assertRejects(() => deadline(kept.lost, 5_000), DariError);
  assertStringIncludes(error.message, "removed or replaced");
});

Deno.test("openServerStore leaves nothing open where the store cannot be used", async () => {
  await using directory = await tempDirectory();
  await Deno.mkdir(`${directory.path}/dari.db`);
  await assertRejects(() => openServerStore(directory.path), DariError, "dari.db");
});
