import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dari, done, failed, type World } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";

/** A server, and `dari topic WORDS...` of its owner. */
async function startTopics(...words: string[]) {
  const server = await startServer(...words);
  const topic = (words: readonly string[], world?: World) =>
    dari(["topic", ...words, "--data", server.data], world);
  return {
    ...server,
    topic,
    json: async (...words: string[]) => JSON.parse((await topic([...words, "--json"])).out),
  };
}

Deno.test("dari topic publishes, tails, shares, shows, sets and purges", async () => {
  await using server = await startTopics();
  const { topic, json } = server;
  assertEquals(await topic(["list"]), done(""));
  const paid = ["publish", "orders.42.paid", '{"total":30}'];
  assertEquals(
    await topic([...paid, "--id", "a"]),
    done("published in orders.42.paid at orders:1"),
  );
  assertEquals(
    await topic([...paid, "--id", "a"]),
    done("the message at orders:1 has this ID: nothing was published"),
  );
  const input = '{"n":1}\n\n{"n":2}\n';
  assertEquals(
    await topic(["publish", "orders.1.sent", "--lines", "-"], { input }),
    done("published 2 messages in orders.1.sent"),
  );
  assertEquals(
    await topic(["tail", "orders.>", "--from", "first", "--count", "2"]),
    done('orders:1  orders.42.paid  {"total":30}\norders:2  orders.1.sent  {"n":1}'),
  );
  assertEquals(
    await topic(["tail", "orders.*.sent", "--from", "orders:2", "--count", "1"]),
    done('orders:3  orders.1.sent  {"n":2}'),
  );
  assertEquals(
    (await json("tail", "orders.>", "--from", "24h", "--count", "1")).cursor,
    "orders:1",
  );
  const last = await json("tail", "orders.42.paid", "--last", "--count", "1");
  assertEquals([last.value, last.publishedBy], [{ total: 30 }, "local"]);

  const share = ["tail", "orders.>", "--group", "billing", "--count", "1"];
  assertMatch((await topic([...share, "--from", "first"])).out, /^orders:1 /);
  assertMatch((await topic(share)).out, /^orders:2 /);
  assertMatch((await topic(["list"])).out, /^orders +kept +3 +26 B +\d+s +\d+s +orders:3 +1$/m);
  const shown = (await topic(["show", "orders"])).out;
  assertMatch(shown, /^messages +3; the oldest is \d+s old$/m);
  assertMatch(shown, /^billing +orders\.> +orders:2 +1 +\d +0 +0$/m); // the next one may be on its way

  assertEquals((await json("set", "orders", "maxMessages=2")).settings.maxMessages, 2);
  const no = { prompts: ["n"] };
  assertEquals(await topic(["purge", "orders"], no), failed(75, "Nothing was removed"));
  assertEquals(await topic(["purge", "orders", "--yes"]), done("removed 3 messages of orders"));
  assertEquals(
    await topic(["purge", "orders", "--group", "billing", "--yes"]),
    done("removed group billing of orders"),
  );
  const audit = await dari(["audit", "query", "--kind", "topic.*", "--data", server.data]);
  for (const kind of ["topic.configured", "topic.purged", "topic.forgotten"]) {
    assertStringIncludes(audit.out, kind);
  }
});

Deno.test("what is typed wrong is an error of usage, and what is gone one of its place", async () => {
  await using server = await startTopics();
  const { topic } = server;
  const wrong: [readonly string[], string][] = [
    [["publish", "orders.*", "1"], 'without * and >, not "orders.*"'],
    [["publish", "../orders", "1"], 'not "../orders"'],
    [["publish", "orders", "{"], "The message is not JSON"],
    [["publish", "orders", "--lines", "1", "--id", "a"], "--id names one message"],
    [["tail", "*"], 'a pattern such as orders.*.paid or orders.>, not "*"'],
    [["tail", "orders", "--from", "letters:1"], "of another topic"],
    [["tail", "orders", "--from", "soon"], "a cursor such as orders:17"],
    [["tail", "orders", "--count", "0"], "--count"],
  ];
  for (const [words, message] of wrong) {
    const { code, err } = await topic(words);
    assertEquals([code, err.includes(message)], [64, true], `${words.join(" ")}: ${err}`);
  }
  await topic(["publish", "orders", "1"]);
  const future = await topic(["tail", "orders", "--from", "orders:9"]);
  assertEquals(future.code, 78);
  assertStringIncludes(future.err, "of the future");
  assertEquals((await topic(["show", "none"])).code, 65);
});
