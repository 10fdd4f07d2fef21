import { assertEquals } from "@std/assert";
import { dari } from "../../support/dari_command.ts";

Deno.test("dari demo queue takes five items in order, then the end", async () => {
  const { out } = await dari(["demo", "queue", "--json"]);
  const [{ steps }] = JSON.parse(out);
  assertEquals(steps.map(({ outcome }: { outcome: unknown }) => outcome), [
    ...[0, 1, 2, 3, 4].map((id) => ({ id, value: `item-${id}` })),
    "the end",
  ]);
});
