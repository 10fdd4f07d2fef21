import { assertEquals, assertStringIncludes } from "@std/assert";
import { dataDirectory, done, failed } from "../../../support/dari_command.ts";

const PASSWORD = "correct horse battery";

Deno.test("dari user add adds an account with a password from standard input", async () => {
  await using data = await dataDirectory();
  assertEquals(
    await data.dari(["user", "add", "Alice", "--password-stdin"], { input: `${PASSWORD}\n` }),
    done("added alice (user)"),
  );
  assertEquals((await Deno.stat(`${data.path}/dari.db`)).mode! & 0o777, 0o600);
  const again = await data.dari(["user", "add", "alice", "--no-password"]);
  assertEquals(again.code, 65);
});

Deno.test("dari user add asks for a new password twice", async () => {
  await using data = await dataDirectory();
  const asked: string[] = [];
  const { code } = await data.dari(["user", "add", "alice"], {
    prompts: [PASSWORD, PASSWORD],
    onPrompt: (message) => asked.push(message),
  });
  assertEquals([code, asked], [0, ["New password:", "The same again:"]]);
});

Deno.test("dari user add takes e-mail, roles and fields, and prints the account as JSON", async () => {
  await using data = await dataDirectory();
  const words = ["--no-password", "--email", "a@example.com", "--role", "admin", "--role", "user"];
  const { out, code } = await data.dari(
    ["user", "add", "alice", ...words, "--field", "team=core=1", "--json"],
  );
  const { name, email, roles, fields, hasPassword } = JSON.parse(out);
  assertEquals(
    { code, name, email, roles, fields, hasPassword },
    {
      code: 0,
      name: "alice",
      email: "a@example.com",
      roles: ["admin", "user"],
      fields: { team: "core=1" },
      hasPassword: false,
    },
  );
});

Deno.test("dari user add refuses passwords in arguments, short ones, and fields without a name", async () => {
  await using data = await dataDirectory();
  assertEquals(
    await data.dari(["user", "add", "bob", "--password", PASSWORD]),
    failed(64, "There is no option --password; did you mean --password-stdin?"),
  );
  assertEquals(
    await data.dari(["user", "add", "bob", "--field", "=core"]),
    failed(64, '--field takes a field such as team=core, not "=core"'),
  );
  assertEquals(
    await data.dari(["user", "add"]),
    failed(64, "Missing NAME; for instance: dari user add alice"),
  );
  const short = await data.dari(["user", "add", "bob", "--password-stdin"], { input: "short" });
  assertEquals(short.code, 65);
  assertStringIncludes(short.err, "at least 15");
});
