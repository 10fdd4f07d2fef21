import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { PASSWORD, startAccountServer } from "../../../support/account_server.ts";
import { dataDirectory, done, failed } from "../../../support/dari_command.ts";
import { AuthenticatorApp } from "../../../support/factors.ts";

const secretIn = (text: string) =>
  /enter this secret there: ([A-Z2-7 ]+)/.exec(text)?.[1]?.replaceAll(" ", "") ?? "";
/** The code after the present one: a code signs in once, and the present one confirmed the app. */
const next = (app: AuthenticatorApp) => app.code(Date.now() + limits.oneTimeCodeStepMs);

Deno.test("dari factor add shows a QR code and what to type where there is no terminal", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  const { out, code } = await data.dari(["factor", "add", "alice", "--name", "phone"]);
  assertEquals(code, 0);
  assertStringIncludes(out, "█▄▄▄▄▄");
  assertStringIncludes(out, "by its first code: dari factor confirm alice --code-stdin");
  const app = new AuthenticatorApp(secretIn(out));
  assertEquals(await data.dari(["factor", "list", "alice"]), done(""));
  const wrong = await data.dari(["factor", "confirm", "alice", "--code-stdin"], { input: "12" });
  assertEquals([wrong.code, wrong.err.includes("The code is wrong")], [65, true]);
  const confirmed = await data.dari(["factor", "confirm", "alice", "--code-stdin"], {
    input: await app.code(Date.now()),
  });
  assertMatch(confirmed.out, /^added phone \([0-9a-f]{8}\): a sign-in by password needs its code/);
  assertEquals(confirmed.out.match(/^ {2}\w{4}-\w{4}-\w{4}-\w{4}$/gm)?.length, 10);
  const list = await data.dari(["factor", "list", "alice"]);
  assertMatch(
    list.out,
    /^ID +KIND +NAME +ADDED +LAST USED\n[0-9a-f]{8} +totp +phone .* never\n10 /,
  );
  assertMatch(
    (await data.dari(["user", "show", "alice"])).out,
    /second factor [0-9a-f]{8} totp ph/,
  );
});

Deno.test("dari factor add on a terminal asks for the first code, and again for a mistyped one", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  const asked: string[] = [];
  const { err, code } = await data.dari(["factor", "add", "alice"], {
    prompts: ["1", "2", "3"],
    onPrompt: (message) => asked.push(message),
  });
  assertEquals(asked, Array(limits.maxCodePrompts).fill("Code that the app shows:"));
  assertEquals([code, err.split("The code is wrong").length - 1], [65, limits.maxCodePrompts]);
  assertEquals(
    (await data.dari(["factor", "list", "alice", "--json"])).out,
    '{"factors":[],"recoveryCodesLeft":0}',
  );
});

Deno.test("dari factor codes and remove change what is there, and say so where nothing is", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  assertEquals((await data.dari(["factor", "codes", "alice"])).code, 78);
  assertEquals(
    await data.dari(["factor", "remove", "alice"]),
    done("there is no second factor of alice"),
  );
  assertEquals(
    await data.dari(["factor", "remove", "alice", "--id", "00"]),
    failed(65, '"alice" has no second factor "00"'),
  );
  assertEquals((await data.dari(["factor", "list", "bob"])).code, 65);
  const begun = JSON.parse((await data.dari(["factor", "add", "alice", "--json"])).out);
  assertStringIncludes(begun.uri, `secret=${begun.secret}`);
  const input = await new AuthenticatorApp(begun.secret).code(Date.now());
  const words = ["factor", "confirm", "alice", "--code-stdin", "--json"];
  const { recoveryCodes, factor } = JSON.parse((await data.dari(words, { input })).out);
  const renewed = JSON.parse((await data.dari(["factor", "codes", "alice", "--json"])).out);
  assertEquals(renewed.recoveryCodes.length, 10);
  assert(!renewed.recoveryCodes.includes(recoveryCodes[0]));
  assertEquals(
    await data.dari(["factor", "remove", "alice", "--id", factor.id]),
    done(`removed the second factor ${factor.id} of alice`),
  );
});

Deno.test("a person adds a factor of their own over the network, and dari login asks for its code", async () => {
  await using server = await startAccountServer();
  const login = ["login", "alice"];
  await server.there([...login, "--password-stdin"], PASSWORD);
  const begun = JSON.parse((await server.there(["factor", "add", "--json"])).out);
  const app = new AuthenticatorApp(begun.secret);
  assertStringIncludes(begun.uri, "alice");
  const confirmed = await server.there(
    ["factor", "confirm", "--code-stdin", "--json"],
    await app.code(Date.now()),
  );
  const { recoveryCodes: [first, second] } = JSON.parse(confirmed.out);
  const asked: string[] = [];
  const onPrompt = (message: string) => asked.push(message);
  const code = await next(app);
  const signedIn = await server.there(login, "", { prompts: [PASSWORD, code], onPrompt });
  assertMatch(signedIn.out, /^signed in as alice/);
  assertEquals(asked, ["Password:", "Code of the authenticator app, or a recovery code:"]);
  assertEquals((await server.there(["call", "who"])).out, '"alice"');
  const again = await server.there(login, "", { prompts: [PASSWORD, code] });
  assertEquals([again.code, again.err.includes("The code was not accepted")], [77, true]);
  const noTerminal = await server.there([...login, "--password-stdin"], PASSWORD);
  assertEquals([noTerminal.code, noTerminal.err.includes("--code-stdin")], [64, true]);
  await Deno.writeTextFile(`${server.client}/password`, PASSWORD, { mode: 0o600 });
  const files = [...login, "--password-file", `${server.client}/password`, "--code-stdin"];
  assertEquals((await server.there(files, first)).code, 0);
  assertEquals((await server.there(files, first)).code, 77);
  const both = await server.there([...login, "--password-stdin", "--code-stdin"], second);
  assertEquals(both.code, 64);
  assertEquals(
    await server.there(["factor", "remove"]),
    done(`removed the second factor ${begun.id}`),
  );
  assertEquals((await server.there([...login, "--password-stdin"], PASSWORD)).code, 0);
});
