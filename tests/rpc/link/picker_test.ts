import { assertEquals, assertStrictEquals } from "@std/assert";
import { Link } from "../../../lib/rpc/link/link.ts";
import { OnlyLink } from "../../../lib/rpc/link/picker.ts";
import { FakeServer } from "../../support/far_end.ts";

Deno.test("OnlyLink picks its link whether it is connected, idle or closed", async () => {
  const server = new FakeServer();
  const link = new Link(server);
  const picker = new OnlyLink(link);
  assertStrictEquals(picker.pick(), link);
  await link.connect();
  assertStrictEquals(picker.pick(), link);
  await link.close();
  assertStrictEquals(picker.pick(), link);
  assertEquals(picker.links, [link]);
});
