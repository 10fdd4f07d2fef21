import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  hasSecretSource,
  readSecret,
  readSecretLine,
  type SecretSource,
} from "../../../lib/cli/app/secret_input.ts";
import { createIo, type World } from "../../support/dari_command.ts";
import { tempDirectory } from "../../support/temp.ts";

const SECRET = "correct horse battery";
const nowhere: SecretSource<"password"> = {
  "password-stdin": false,
  "password-file": undefined,
};
const fromInput = { ...nowhere, "password-stdin": true };

const read = (source: SecretSource<"password">, world: World, isNew = false) =>
  readSecret("password", source, createIo(world), { prompt: "Password", isNew });

async function refuses(
  message: string,
  source: SecretSource<"password">,
  world: World,
  isNew = false,
): Promise<void> {
  const error = await assertRejects(() => read(source, world, isNew), DariError);
  assertEquals([error.code, error.message], ["usage", message]);
}

Deno.test("readSecret() asks on the terminal, a new secret twice", async () => {
  const asked: string[] = [];
  const onPrompt = (message: string) => asked.push(message);
  assertEquals(await read(nowhere, { prompts: [SECRET], onPrompt }), SECRET);
  assertEquals(await read(nowhere, { prompts: [SECRET, SECRET], onPrompt }, true), SECRET);
  assertEquals(asked, ["Password:", "Password:", "The same again:"]);
});

Deno.test("readSecret() refuses empty answers and answers that differ", async () => {
  await refuses("The password is empty; nothing was changed", nowhere, { prompts: [""] });
  const prompts = [SECRET, "other"];
  await refuses("The two passwords differ; nothing was changed", nowhere, { prompts }, true);
});

Deno.test("readSecret() names the options where there is no terminal", async () => {
  await refuses(
    "There is no terminal to ask for the password; use --password-stdin or --password-file",
    nowhere,
    {},
  );
});

Deno.test("readSecret() takes the one line of standard input", async () => {
  for (const input of [SECRET, `${SECRET}\n`, `${SECRET}\r\n`]) {
    assertEquals(await read(fromInput, { input }), SECRET);
  }
  assertEquals(await read(fromInput, { input: " spaces stay \n" }), " spaces stay ");
  for (const input of ["", "\n", "one\ntwo\n"]) {
    await refuses("Standard input must hold the password as its one line", fromInput, { input });
  }
});

Deno.test("readSecret() takes the one line of a file that only its owner can read", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/password`;
  await Deno.writeTextFile(path, `${SECRET}\n`, { mode: 0o600 });
  const fromFile = { ...nowhere, "password-file": path };
  assertEquals(await read(fromFile, {}), SECRET);
  await refuses(
    "--password-stdin and --password-file exclude each other; give one of them",
    { ...fromFile, "password-stdin": true },
    { input: SECRET },
  );
  await Deno.chmod(path, 0o640);
  const error = await assertRejects(() => read(fromFile, {}), DariError);
  assertEquals(error.code, "configuration");
});

Deno.test("readSecretLine() says what the file should hold", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/key`;
  await Deno.writeTextFile(path, "one\ntwo\n", { mode: 0o600 });
  const error = await assertRejects(() => readSecretLine(path, "API key"), DariError);
  assertEquals(error.message, `"${path}" must hold the API key as its one line`);
});

Deno.test("hasSecretSource() is whether the user said where the secret is", () => {
  assertEquals(hasSecretSource("password", nowhere), false);
  assertEquals(hasSecretSource("password", fromInput), true);
  assertEquals(hasSecretSource("password", { ...nowhere, "password-file": "x" }), true);
});
