import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { ThreadQuestions } from "../../../lib/cli/threads/thread_questions.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

Deno.test("a question is over once every thread that lives has answered, or died", async () => {
  const questions = new ThreadQuestions<string>(() => [1, 2, 3]);
  const told: number[] = [];
  const asked = questions.ask((question) => told.push(question));
  const later = questions.ask((question) => told.push(question));
  const [first = 0, second = 0] = told;
  assertEquals(first === second, false);
  questions.answered(1, first, "one");
  questions.answered(1, first, "one again");
  questions.answered(1, 99, "no such question");
  questions.answered(2, first, "two");
  questions.died(3);
  assertEquals(await asked, ["one", "two"]);
  for (const thread of [1, 2]) questions.answered(thread, second, `${thread}`);
  assertEquals(await later, ["1", "2"]);
});

Deno.test("a thread that does not answer is not waited for without end", async () => {
  using timers = new FakeTimers();
  const questions = new ThreadQuestions<string>(() => [1, 2]);
  const asked = questions.ask((question) => questions.answered(2, question, "two"));
  timers.advance(limits.threadAnswerMs);
  assertEquals(await asked, ["two"]);
  questions.answered(1, 1, "too late");
});

Deno.test("where no thread lives, nobody is asked", async () => {
  const questions = new ThreadQuestions<string>(() => []);
  assertEquals(await questions.ask(() => assertEquals("told", "not told")), []);
});
