import { assertEquals, assertThrows } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import type { MetricFamily } from "../../../lib/ops/metrics/family.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";

const ORDERS = { name: "shop.orders", help: "Orders.", labels: ["country"] };

/** The values of a metric by its labels. */
function valuesOf(families: readonly MetricFamily[], name = "shop.orders") {
  const family = families.find((one) => one.name === name);
  return family?.series.map(({ labels, value }) => [Object.values(labels).join(" "), value]);
}

Deno.test("a counter has a value for each set of labels", () => {
  const registry = new MetricsRegistry();
  const orders = registry.counter(ORDERS);
  orders.of("KR").add();
  orders.of("KR").add(2);
  orders.of("").add();
  assertEquals(valuesOf(registry.collect()), [["KR", 3], ["", 1]]);
});

Deno.test("a gauge rises, falls and is set; without labels it is 0 at first", () => {
  const registry = new MetricsRegistry();
  const baskets = registry.gauge({ name: "shop.baskets", help: "Baskets." });
  assertEquals(valuesOf(registry.collect(), "shop.baskets"), [["", 0]]);
  baskets.of().add(3);
  baskets.of().add(-1);
  assertEquals(valuesOf(registry.collect(), "shop.baskets"), [["", 2]]);
  baskets.of().set(7);
  assertEquals(valuesOf(registry.collect(), "shop.baskets"), [["", 7]]);
});

Deno.test("a histogram counts values by bucket, bounds included", () => {
  const registry = new MetricsRegistry();
  const sizes = registry.histogram({ name: "shop.size", help: "Sizes.", bounds: [1, 10] });
  for (const value of [0, 1, 1.5, 10, 11]) sizes.of().record(value);
  assertEquals(registry.collect()[0]?.series, [
    { labels: {}, value: 5, counts: [2, 2, 1], sum: 23.5 },
  ]);
});

Deno.test("a metric has at most so many series; further labels are counted as _OTHER", () => {
  const registry = new MetricsRegistry();
  const orders = registry.counter(ORDERS);
  for (let n = 0; n < limits.maxMetricSeries; n++) orders.of(`country ${n}`).add();
  assertEquals(valuesOf(registry.collect())?.length, limits.maxMetricSeries);
  orders.of("one too many").add();
  orders.of("two too many").add();
  const values = valuesOf(registry.collect());
  assertEquals([values?.length, values?.at(-1)], [limits.maxMetricSeries + 1, ["_OTHER", 2]]);
});

Deno.test("labels are told apart whatever characters they have", () => {
  const registry = new MetricsRegistry();
  const paths = registry.counter({ name: "shop.paths", help: "Paths.", labels: ["from", "to"] });
  paths.of("a,b", "c").add();
  paths.of("a", "b,c").add();
  assertEquals(registry.collect()[0]?.series.length, 2);
  assertThrows(() => paths.of("a"), TypeError, "1 labels came for 2 names");
});

Deno.test("the same metric may be registered again, another one of its name may not", () => {
  const registry = new MetricsRegistry();
  registry.counter(ORDERS).of("KR").add();
  registry.counter(ORDERS).of("KR").add();
  assertEquals(valuesOf(registry.collect()), [["KR", 2]]);
  for (
    const register of [
      () => registry.gauge(ORDERS),
      () => registry.counter({ ...ORDERS, labels: [] }),
      () => registry.counter({ ...ORDERS, name: "shop_orders" }),
      () => registry.observe("counter", ORDERS, () => 1),
    ]
  ) assertThrows(register, TypeError, "is registered already as another one");
});

Deno.test("names and bounds that Prometheus could not read are refused", () => {
  const registry = new MetricsRegistry();
  for (const name of ["", "Shop.orders", "shop..orders", "shop-orders", "1shop", "shop.orders\n"]) {
    assertThrows(() => registry.counter({ name, help: "" }), TypeError, "cannot be the name");
  }
  for (const label of ["le", "a b", ""]) {
    assertThrows(() => registry.counter({ ...ORDERS, labels: [label] }), TypeError, "a label");
  }
  assertThrows(
    () => registry.histogram({ name: "shop.size", help: "", bounds: [1, 1] }),
    RangeError,
    "do not rise",
  );
});

Deno.test("what is observed is read when somebody asks, and not once it is ended", () => {
  const registry = new MetricsRegistry();
  let value = 1;
  const one = registry.observe("gauge", ORDERS, () => [[["KR"], value]]);
  using _ = registry.observe("gauge", ORDERS, () => [[["FR"], 5]]);
  value = 2;
  assertEquals(valuesOf(registry.collect()), [["KR", 2], ["FR", 5]]);
  one[Symbol.dispose]();
  assertEquals(valuesOf(registry.collect()), [["FR", 5]]);
});

Deno.test("a reading that throws hides itself alone", () => {
  const registry = new MetricsRegistry();
  registry.counter(ORDERS).of("KR").add();
  registry.observe("gauge", { name: "shop.broken", help: "" }, () => {
    throw new Error("broken");
  });
  assertEquals(registry.collect().map(({ name }) => name), ["shop.orders"]);
});
