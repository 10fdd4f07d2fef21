import { assert, assertEquals } from "@std/assert";
import { columnsOf } from "../../../lib/base/text/columns.ts";
import { commonOptions } from "../../../lib/cli/app/option.ts";
import { isTranslated, translate } from "../../../lib/cli/language/translate.ts";
import { commands } from "../../../lib/cli/table.ts";
import { dari } from "../../support/dari_command.ts";
import { startServer } from "../../support/dari_server.ts";

const env = { LANG: "ko_KR.UTF-8" };

for (const name of ["serve", "call", "demo"]) {
  Deno.test(`every sentence of dari ${name} --help is in Korean where the locale is`, async () => {
    const { summary, load } = commands[name]!;
    const { command } = await load();
    const sentences = [
      summary,
      ...command.examples.flatMap((each) => typeof each === "string" ? [] : [each[1]]),
      ...Object.values(command.operands).map(({ help }) => help),
      ...Object.values({ ...commonOptions, ...command.options }).map(({ help }) => help),
      ...command.notes,
    ];
    assertEquals(sentences.filter((each) => !isTranslated(each, "ko")), []);
    const { out } = await dari([name, "--help"], { env });
    assert(out.includes("사용법: dari "), out);
    for (const line of out.split("\n")) assert(columnsOf(line) <= 80, line);
  });
}

Deno.test("help that is not in the table is wholly in English", async () => {
  const words = ["cert", "issue", "--help"];
  assertEquals(await dari(words, { env }), await dari(words));
});

Deno.test("translate() fills in what differs, and leaves what it does not know", () => {
  const locked = "The account is locked for 300 s; try again then";
  assertEquals(translate(locked, "ko"), "계정이 300초 동안 잠겨 있습니다. 그 뒤에 다시 시도하세요");
  assertEquals(translate(locked, "en"), locked);
  for (const text of ["constructor", "no such sentence"]) assertEquals(translate(text, "ko"), text);
});

Deno.test("errors of signing in are in Korean where the locale is", async () => {
  await using server = await startServer();
  const byTls = ["--to", server.tls, "--ca", `${server.data}/ca.crt`];
  const refused = await dari(
    ["login", "nobody", "--password-stdin", ...byTls, "--data", `${server.directory}/own`],
    { env, input: "a wrong password" },
  );
  assertEquals(refused.err, "dari: 인증 정보를 받아들일 수 없습니다");
  const denied = translate('Sign in to call "add"', "ko");
  assertEquals(denied, '"add"을(를) 호출하려면 로그인하세요');
});
