import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { listing } from "../../../lib/ops/administration/listing.ts";

Deno.test("listing() bounds what it gives, and counts the rest", () => {
  const most = Array.from({ length: limits.maxListedRecords }, (_, n) => ({ n }));
  assertEquals([listing(most, 1).items.length, listing(most, 1).more], [most.length, 0]);
  const more = [...most, { n: -1 }, { n: -2 }];
  assertEquals([listing(more, 1).items.length, listing(more, 1).more], [most.length, 2]);
});

Deno.test("listing() searches texts at any depth, in any case", () => {
  const all = [{ name: "Kim", roles: ["Ops"] }, { name: "lee", roles: [], none: undefined }];
  const found = (find: string) => listing(all, 0, find).items.map(({ name }) => name);
  assertEquals([found("kim"), found("OPS"), found("E"), found("x")], [
    ["Kim"],
    ["Kim"],
    ["lee"],
    [],
  ]);
});
