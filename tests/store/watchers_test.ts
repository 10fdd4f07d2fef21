import { assertEquals } from "@std/assert";
import type { Change } from "../../lib/store/store.ts";
import { Watchers } from "../../lib/store/watchers.ts";

const put = (key: string): Change => ({ kind: "put", entry: { key, value: "", version: 1 } });

Deno.test("Watchers.tell() reaches those whose prefix the key begins with", () => {
  const watchers = new Watchers();
  const heard: string[] = [];
  watchers.add("a/", () => heard.push("a/"));
  watchers.add("", () => heard.push("all"));
  watchers.add("b", () => heard.push("b"));
  watchers.tell(put("a/1"));
  watchers.tell({ kind: "delete", key: "a" });
  assertEquals(heard, ["a/", "all", "all"]);
});

Deno.test("Watchers.tell() reaches everyone with a reset", () => {
  const watchers = new Watchers();
  const heard: string[] = [];
  for (const prefix of ["a", "b"]) watchers.add(prefix, ({ kind }) => heard.push(prefix + kind));
  watchers.tell({ kind: "reset" });
  assertEquals(heard, ["areset", "breset"]);
});

Deno.test("a watch ends once, however often it is disposed", () => {
  const watchers = new Watchers();
  let ends = 0;
  const watch = watchers.add("", () => {}, { onEnd: () => ends++ });
  assertEquals(watchers.size, 1);
  watch[Symbol.dispose]();
  watch[Symbol.dispose]();
  assertEquals([watchers.size, ends], [0, 1]);
});

Deno.test("the same listener may watch twice, and each watch ends by itself", () => {
  const watchers = new Watchers();
  let calls = 0;
  const listener = () => void calls++;
  const first = watchers.add("a", listener);
  watchers.add("a", listener);
  watchers.tell(put("a"));
  first[Symbol.dispose]();
  watchers.tell(put("a"));
  assertEquals(calls, 3);
});

Deno.test("a listener that throws is reported, and the next one is called", () => {
  const watchers = new Watchers();
  const reported: unknown[] = [];
  const onError = (event: ErrorEvent): void => {
    event.preventDefault();
    reported.push(event.error);
  };
  globalThis.addEventListener("error", onError);
  try {
    const broken = new Error("broken listener");
    let called = false;
    watchers.add("", () => {
      throw broken;
    });
    watchers.add("", () => called = true);
    watchers.tell(put("a"));
    assertEquals([reported, called], [[broken], true]);
  } finally {
    globalThis.removeEventListener("error", onError);
  }
});

Deno.test("Watchers.clear() ends every watch", () => {
  const watchers = new Watchers();
  let calls = 0;
  watchers.add("", () => calls++);
  watchers.clear();
  watchers.tell(put("a"));
  assertEquals([watchers.size, calls], [0, 0]);
});
