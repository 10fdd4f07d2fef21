import { assertEquals, assertMatch } from "@std/assert";
import { VERSION } from "../../../lib/base/version.ts";
import {
  browserTest,
  EVIL,
  openConsole,
  picture,
  shown,
  textOf,
} from "../../support/console_page.ts";
import { startConsole } from "../../support/console_server.ts";

const atMs = Date.parse("2026-01-01T00:00:00Z");

browserTest("the console lists the servers of a cluster", async () => {
  let service = "nats://nats.internal:4222/orders";
  const servers = [
    {
      ...{
        instance: "i6Qp408WUkeG7hMz_OyApKA",
        version: VERSION,
        server: "box",
        health: "SERVING",
      },
      ...{
        startedMs: atMs - 9 * 86_400_000,
        connections: 12,
        storeStalenessMs: 210,
        messagesStalenessMs: 90,
      },
      calls: { active: 3, total: 10, perSecond: 410 },
      certificateNotAfterMs: atMs + 29 * 86_400_000,
    },
    {
      ...{ instance: "ind9FTblu_73sGdP29F2CEw", version: "0.2.0", server: EVIL },
      ...{ health: "NOT_SERVING", storeStalenessMs: 12_000, messagesStalenessMs: Infinity },
      certificateNotAfterMs: atMs + 86_400_000,
    },
    { instance: "other", version: "?" },
  ];
  let isThere = true;
  const look = () => isThere ? Promise.resolve({ service, atMs, servers }) : Promise.reject();
  await using server = await startConsole({}, look);
  await using page = await openConsole(server.url);
  await page.evaluate('location.hash = "#servers"');
  await page.until(shown("main table"));
  const rows = await page.evaluate(
    "[...document.querySelectorAll('main tbody tr')].map((row) => " +
      "[...row.cells].map((cell) => cell.textContent))",
  );
  assertEquals(rows, [
    [
      "box",
      VERSION,
      "SERVING",
      "9 d",
      "12",
      "3",
      "410",
      "0.21 s old",
      "0.09 s old",
      "in 29 d",
      rows[0][10],
    ],
    [
      ...["<b>x</b>\\u{001b}[31m\\u{202e}gpj", "0.2.0", "NOT_SERVING", "–", "–", "–", "–"],
      ...["12 s old", "unknown", "in 1 d", "ind9FTblu_73sGdP29F2CEw"],
    ],
    ["–", "?", "–", "–", "–", "–", "–", "its own", "its own", "–", "other"],
  ]);
  assertEquals(await page.evaluate("document.querySelectorAll('main .badge.bad').length"), 3);
  assertMatch(await page.evaluate(textOf("main")), /3 servers have answered for nats:\/\/nats/);
  await picture(page, "servers");
  service = "nats://elsewhere:4222/orders";
  await page.evaluate(`${shown("main button")}.click()`);
  await page.until(`/elsewhere/.test(${textOf("main")})`);
  isThere = false;
  await page.evaluate(`${shown("main button")}.click()`);
  await page.until(shown("main p.bad"));
  assertEquals(page.complaints.filter((line) => !/status of (401|500)/.test(line)), []);
});

browserTest("the console of a server that is alone says so", async () => {
  await using server = await startConsole();
  await using page = await openConsole(server.url);
  await page.evaluate('location.hash = "#servers"');
  await page.until(`/knows of no others/.test(${textOf("main")})`);
});
