import { assertEquals } from "@std/assert";
import { WaitingClient } from "../../../../lib/http/h2/flow/waiting_client.ts";

Deno.test("WaitingClient counts from when it first saw what is waited for", () => {
  const client = new WaitingClient();
  const seen = [["a", 5], ["a", 9], ["b", 10], ["b", 30], [undefined, 31], ["b", 40], ["b", 41]];
  assertEquals(
    seen.map(([what, nowMs]) => client.look(what as string | undefined, nowMs as number)),
    [0, 4, 0, 20, 0, 0, 1],
  );
});
