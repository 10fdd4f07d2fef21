import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { linesOf } from "../../../../lib/cli/commands/queue/show.ts";
import { defaultSettings } from "../../../../lib/messages/mod.ts";
import { dari, done, failed, type World } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";

/** A server, and `dari queue WORDS...` of its owner. */
async function startQueues(...words: string[]) {
  const server = await startServer(...words);
  const queue = (words: readonly string[], world?: World) =>
    dari(["queue", ...words, "--data", server.data], world);
  return {
    ...server,
    queue,
    json: async (...words: string[]) => JSON.parse((await queue([...words, "--json"])).out),
  };
}

Deno.test("dari queue puts, takes, shows, sets, pauses, retries and purges", async () => {
  await using server = await startQueues();
  const { queue, json } = server;
  assertEquals(await queue(["list"]), done(""));
  const put = ["put", "emails", '{"to":"alice"}'];
  assertEquals(await queue([...put, "--id", "one"]), done("put message 1 into emails"));
  assertEquals(
    await queue([...put, "--id", "one"]),
    done("message 1 of emails has this ID: nothing was put"),
  );
  const input = '{"n":1}\n\n{"n":2}\n';
  assertEquals(
    await queue(["put", "emails", "--lines", "-"], { input }),
    done("put 2 messages into emails"),
  );
  assertEquals(await json("put", "emails", "-", "--priority", "9"), {
    error: {
      code: "usage",
      message: "The message is not JSON; a text needs quotes of its own: '\"hello\"'",
    },
  });
  assertEquals(await queue(["take", "emails", "--ack"]), done('{"to":"alice"}'));

  const taken = await queue(["take", "emails", "--lease", "5s"]);
  assertEquals(taken.out, '{"n":1}');
  assertMatch(taken.err, /^message 2 is yours for 5s; its lease is 2\.[0-9a-f]{24}$/);
  const lease = taken.err.split(" ").at(-1)!;
  const nack = { queue: "emails", lease, dead: true, reason: "no such customer" };
  const data = ["--data", server.data];
  assertEquals(
    (await dari(["call", "rpc.queue.nack", "--params", JSON.stringify(nack), ...data])).code,
    0,
  );

  assertMatch((await queue(["list"])).out, /^emails +open +1 +0 +0 +1 +\d+s +7 B$/m);
  assertMatch((await queue(["show", "emails"])).out, /^waiting +1; the oldest for \d+s$/m);
  const dead = await queue(["show", "emails", "--dead"]);
  assertMatch(dead.out, /^2 +\S+ \S+ +1 +no such customer +\{"n":1\}$/m);
  assertEquals(await json("show", "emails", "--dead", "--after", "2"), []);
  assertEquals((await json("set", "emails", "maxTries=3")).settings.maxTries, 3);
  assertEquals(await queue(["pause", "emails"]), done("paused emails; 1 wait"));
  const nothing = await queue(["take", "emails"]);
  assertEquals(nothing, failed(75, "no message came; emails has none that can be taken"));
  const { out, err, code } = await queue(["take", "emails", "--json"]);
  assertEquals([out, err, code], ["null", "", 75]);
  assertEquals(await queue(["resume", "emails"]), done("resumed emails; 1 wait"));
  assertEquals(await queue(["retry", "emails", "2"]), done("put 1 dead letter back into emails"));
  const [first, second] = [await json("take", "emails"), await json("take", "emails", "--ack")];
  assertEquals([first.value, first.tries, second.value], [{ n: 1 }, 1, { n: 2 }]);
  await queue(["put", "emails", '"late"']);
  assertEquals(
    await queue(["purge", "emails"], { prompts: ["n"] }),
    failed(75, "Nothing was removed"),
  );
  assertEquals(
    await queue(["purge", "emails"], { prompts: ["y"] }),
    done("removed 1 message of emails"),
  );
  assertEquals(await json("purge", "emails", "--dead", "--yes"), { queue: "emails", removed: 0 });

  const audit = await Array.fromAsync(auditOf(server.data));
  assertEquals(audit.filter((kind) => kind.startsWith("queue.")), [
    "queue.configured",
    "queue.paused",
    "queue.resumed",
    "queue.retried",
    "queue.purged",
    "queue.purged",
  ]);
});

Deno.test("what cannot be used is refused with the name of what is wrong, and nothing is made", async () => {
  await using server = await startQueues();
  const { queue } = server;
  const cases: [words: string[], code: number, part: string][] = [
    [["put", "../x", "1"], 64, 'NAME takes 1 to 128 of A-Z a-z 0-9 _ -, not "../x"'],
    [["put", "emails", "hello"], 64, "The message is not JSON"],
    [["put", "emails", "--lines", "1\nx"], 64, "Line 2 of standard input is not JSON"],
    [["put", "emails", "1", "--priority", "10"], 65, '"priority" must be a whole number from 0'],
    [["put", "emails", "1", "--id", "a", "--lines"], 64, "--id names one message"],
    [["put", "emails", "1", "--delay", "soon"], 64, "--delay takes a time"],
    [["set", "emails", "tries=3"], 65, 'A queue has no setting "tries"'],
    [["show", "emails"], 65, 'There is no queue "emails"'],
    [["retry", "emails"], 65, 'There is no queue "emails"'],
    [["retry", "emails", "0"], 64, "NUMBER takes a whole number from 1"],
    [["purge", "emails"], 65, 'There is no queue "emails"'],
  ];
  for (const [words, code, part] of cases) {
    const { err, code: got } = await queue(words);
    assertEquals([got, err.includes(part)], [code, true], `${words.join(" ")}: ${err}`);
  }
  assertEquals((await queue(["list", "--json"])).out, "[]");
  await queue(["put", "emails", "1"]);
  assertEquals((await queue(["purge", "emails"])).code, 64); // nobody can be asked
});

Deno.test("a waiting take gets what another thread of the server puts, and rights hold", async () => {
  await using server = await startQueues("--threads", "2");
  const data = ["--data", server.data];
  await dari(["user", "add", "alice", "--no-password", ...data]);
  const { out: created } = await dari(["key", "create", "alice", "--json", ...data]);
  const key = `${server.directory}/key`;
  await Deno.writeTextFile(key, JSON.parse(created).apiKey, { mode: 0o600 });
  const waiting = server.queue(["take", "emails", "--ack", "--timeout", "30s"]);
  const remote = ["--to", server.tls, "--ca", `${server.data}/ca.crt`, "--api-key-file", key];
  const put = await dari(["queue", "put", "emails", '"hi"', ...remote]);
  assertEquals(put, done("put message 1 into emails"));
  assertEquals(await waiting, done('"hi"'));
  const refused = await dari(["queue", "show", "emails", ...remote]);
  assertEquals(refused.code, 77);
  assertStringIncludes(refused.err, "queue:emails.show");
  const { out } = await dari(["call", "rpc.metrics", "format=prometheus", ...data]);
  assertMatch(JSON.parse(out), /dari_queue_messages_total\{queue="emails",event="taken"\} 1/);
});

Deno.test("a queue is shown with the age of its oldest message and its settings", () => {
  const state = {
    ...{ name: "emails", isPaused: true, waiting: 2, delayed: 1, leased: 3, dead: 4, bytes: 2048 },
    oldestAtMs: 1_000,
    settings: { ...defaultSettings, concurrency: 5 },
  };
  const lines = linesOf(state, 62_000);
  assertEquals(lines.slice(0, 6), [
    "queue           emails (paused)",
    "waiting         2; the oldest for 1m 1s",
    "delayed         1",
    "leased          3",
    "dead            4",
    "size            2.0 KiB",
  ]);
  assertEquals(lines.includes("concurrency     5"), true);
});

/** The kinds of the records in the audit of a data directory. */
async function* auditOf(data: string): AsyncGenerator<string> {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(`${data}/dari.db`, { readOnly: true });
  for (const { kind } of database.prepare("SELECT kind FROM audit_records ORDER BY id").all()) {
    yield String(kind);
  }
}
