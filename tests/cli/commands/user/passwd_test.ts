import { assertEquals } from "@std/assert";
import { dataDirectory, done, failed } from "../../../support/dari_command.ts";

const PASSWORD = "correct horse battery";

Deno.test("dari user passwd sets a password from standard input, a file or the terminal", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  const changed = done("changed the password of alice");
  const file = `${data.path}/password`;
  await Deno.writeTextFile(file, `${PASSWORD}\n`, { mode: 0o600 });
  const passwd = ["user", "passwd", "alice"];
  assertEquals(await data.dari([...passwd, "--password-stdin"], { input: PASSWORD }), changed);
  assertEquals(await data.dari([...passwd, "--password-file", file]), changed);
  assertEquals(await data.dari(passwd, { prompts: [PASSWORD, PASSWORD] }), changed);
  const json = await data.dari([...passwd, "--password-file", file, "--json"]);
  assertEquals(json, done('{"changed":"alice"}'));
});

Deno.test("dari user passwd changes nothing where the two answers differ", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  assertEquals(
    await data.dari(["user", "passwd", "alice"], { prompts: [PASSWORD, "another"] }),
    failed(64, "The two passwords differ; nothing was changed"),
  );
  const shown = JSON.parse((await data.dari(["user", "show", "alice", "--json"])).out);
  assertEquals(shown.hasPassword, false);
});

Deno.test("dari user passwd says which options there are where there is no terminal", async () => {
  await using data = await dataDirectory();
  assertEquals(
    await data.dari(["user", "passwd", "alice"]),
    failed(
      64,
      "There is no terminal to ask for the password; use --password-stdin or --password-file",
    ),
  );
});
