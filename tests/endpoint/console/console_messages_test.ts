import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { UnrecoverableError } from "../../../lib/messages/mod.ts";
import type { ChromiumPage } from "../../support/chromium.ts";
import {
  browserTest,
  EVIL,
  openConsole,
  picture,
  pressAndConfirm,
  shown,
  textOf,
} from "../../support/console_page.ts";
import { startConsole } from "../../support/console_server.ts";

type ConsoleServer = Awaited<ReturnType<typeof startConsole>>;

/** The texts of the tables, row by row; how long ago something was is left out. */
const TABLES = "[...document.querySelectorAll('main table')].map((table) => " +
  "[...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => " +
  "cell.querySelector('time') === null ? cell.textContent : 'ago')))";

browserTest("the console asks before it changes queues, jobs and topics", async () => {
  const job = { retries: 0, schedule: { cron: "0 3 * * *", timeZone: "Asia/Seoul" } };
  const send = { job, handler: () => Promise.reject(new UnrecoverableError(EVIL)) };
  await using server = await startConsole({ send });
  const letters = server.queues.queue("letters");
  await letters.put({ to: "alice" });
  await (await letters.take())!.nack({ dead: true, reason: EVIL });
  await letters.put({ to: "bob" });
  const failed = await server.server.enqueue("send");
  await assertRejects(() => failed.wait());
  await using page = await openConsole(server.url);
  const press = (label: string) => pressAndConfirm(page, label, true);
  await page.evaluate('location.hash = "#queues"');
  await page.until("document.querySelectorAll('main table').length === 2");
  assertEquals(await page.evaluate(shown("main b")), null);
  assertMatch(await page.evaluate(textOf("main")), /<b>x<\/b>\\u\{001b\}/);
  await picture(page, "queues");
  await press("Pause letters");
  assertEquals((await letters.show()).isPaused, true);
  await press("Resume letters");
  await press("Retry the dead letters of letters");
  await page.until(`/^Put 1 back/.test(${textOf("#said")})`);
  assertEquals((await letters.show()).waiting, 2);
  await press("Purge waiting of letters");
  assertEquals((await letters.show()).waiting, 0);

  await page.evaluate('location.hash = "#jobs"');
  await page.until("document.querySelectorAll('main table').length === 3");
  assertMatch(await page.evaluate(textOf("main")), /send.*0 3 \* \* \* Asia\/Seoul/s);
  await picture(page, "jobs");
  await press(`Cancel job ${failed.job}`);
  assertEquals((await failed.state()).status, "cancelled");
  await page.until("document.querySelectorAll('main table').length === 2");
  await changeTopics(page, server);
  assertEquals(page.complaints.filter((line) => !/status of 401/.test(line)), []);
});

async function changeTopics(page: ChromiumPage, { topics }: ConsoleServer): Promise<void> {
  await topics.as("root").configure("prices", { kept: false });
  await topics.topic("orders.42.paid").publishMany([{ value: 1 }, { value: 2 }, { value: 3 }]);
  await using reading = topics.topic("orders.>").subscribe({ from: "first" });
  await reading.next();
  await using member = topics.topic("orders.*.paid").subscribe({ group: "billing", from: "first" });
  await (await member.next()).value!.nack({ dead: true });
  await member.return();

  await page.evaluate("globalThis.setInterval = () => 0"); // it looks again after an act alone
  await page.evaluate('location.hash = "#topics"');
  await page.until(shown('[aria-label="Forget billing of orders"]'));
  assertEquals(await page.evaluate(TABLES), [
    [
      ["orders", "kept", "3", "3 B", "ago", "–", "1", "1", "1", "Purge"],
      ["prices", "live", "0", "0 B", "–", "–", "0", "0", "0", ""],
    ],
    [["orders", "billing", "orders.*.paid", "2", "0", "0", "1", "Forget"]],
  ]);
  await picture(page, "topics");
  // On a phone each row is a block, in which each cell has the name of its column.
  await page.view({ width: 390, height: 844, scheme: "light" });
  const row = shown("main tbody tr");
  assertEquals(await page.evaluate(`getComputedStyle(${row}).display`), "block");
  await page.view({ width: 1_280, height: 900, scheme: "light" });

  await topics.topic("prices").publish(7);
  await pressAndConfirm(page, "Purge orders", true);
  await page.until(`${shown('[aria-label="Purge orders"]')} === null`);
  assertEquals(await page.evaluate(textOf("#said")), "Removed 3 of orders");
  assertEquals((await topics.states()).map(({ messages }) => messages), [0, 0]);
  const [[orders, prices]] = await page.evaluate(TABLES);
  assertEquals(orders[5], "0");
  assertMatch(prices[5], /[1-9]/); // a second

  await pressAndConfirm(page, "Forget billing of orders", true);
  await page.until("document.querySelectorAll('main table').length === 1");
  assertEquals(await page.evaluate(textOf("#said")), "Forgot the group billing of orders");
  assertEquals((await topics.states()).map(({ groups }) => groups), [[], []]);
}
