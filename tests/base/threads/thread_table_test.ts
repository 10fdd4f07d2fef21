import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { ThreadTable } from "../../../lib/base/threads/thread_table.ts";

const set = (table: ThreadTable, name: string, value: number) =>
  table.update(name, (row) => row[0] = value);
const get = (table: ThreadTable, name: string) => table.read(name, (row) => row[0]);

Deno.test("ThreadTable keeps the rows of names apart, and shows them to every thread", () => {
  const memory = ThreadTable.allocate(1_000, 2);
  const [here, there] = [new ThreadTable(memory, 2, 0), new ThreadTable(memory, 2, 1)];
  for (let n = 1; n <= 1_000; n++) set(here, `host-${n}`, n);
  for (let n = 1; n <= 1_000; n++) assertEquals(get(there, `host-${n}`), n);
  assertEquals(get(there, "host-0"), undefined);
});

Deno.test("ThreadTable gives a row of zeros to another name, and has no room while there is none", () => {
  const table = new ThreadTable(ThreadTable.allocate(1, 1), 1, 0);
  const { threadTableProbes: rows } = limits; // the smallest table has as many
  for (let n = 0; n < rows; n++) assertEquals(set(table, `name-${n}`, 1), 1);
  assertEquals(set(table, "one more", 7), undefined);
  set(table, "name-3", 0);
  assertEquals(set(table, "one more", 7), 7);
  assertEquals(get(table, "one more"), 7);
  table.updateAll((row) => row[0]! += 1);
  assertEquals([get(table, "one more"), get(table, "name-4")], [8, 2]);
});

Deno.test("ThreadTable places names where nobody can foretell", () => {
  const order = () => {
    const table = new ThreadTable(ThreadTable.allocate(64, 1), 1, 0);
    for (let n = 1; n <= 64; n++) set(table, `name-${n}`, n);
    const seen: number[] = [];
    table.updateAll((row) => seen.push(row[0]!));
    return seen.join();
  };
  assert(order() !== order());
});

Deno.test("ThreadTable loses no change that two threads make at once", async () => {
  const memory = ThreadTable.allocate(16, 1);
  const table = new URL("../../../lib/base/threads/thread_table.ts", import.meta.url).href;
  const code = `import { ThreadTable } from ${JSON.stringify(table)};
    onmessage = ({ data: { memory, thread } }) => {
      const table = new ThreadTable(memory, 1, thread);
      for (let n = 0; n < 20_000; n++) table.update("host", (row) => row[0]++);
      postMessage("done");
    };`;
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const workers = [1, 2].map((thread) => {
    const worker = new Worker(url, { type: "module" });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage({ memory, thread });
    return { worker, promise };
  });
  try {
    await Promise.all(workers.map(({ promise }) => promise));
  } finally {
    for (const { worker } of workers) worker.terminate();
  }
  assertEquals(get(new ThreadTable(memory, 1, 0), "host"), 40_000);
});
