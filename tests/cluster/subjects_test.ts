import { assertEquals } from "@std/assert";
import {
  discoverySubjects,
  openSubject,
  openSubjectOf,
  streamsSubject,
} from "../../lib/cluster/subjects.ts";

Deno.test("the subjects of a service are those of docs/wire.md", () => {
  assertEquals(openSubject("orders"), "dari.orders.open");
  assertEquals(openSubjectOf("orders", "i1"), "dari.orders.open.i1");
  assertEquals(streamsSubject("orders", "i1"), "dari.orders.io.i1");
});

Deno.test("discoverySubjects() are those of ADR-32", () => {
  assertEquals(discoverySubjects("PING", "orders", "i1"), [
    "$SRV.PING",
    "$SRV.PING.orders",
    "$SRV.PING.orders.i1",
  ]);
});
