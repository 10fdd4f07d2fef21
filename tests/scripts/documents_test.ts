import { assertEquals } from "@std/assert";
import { tempDirectory } from "../support/temp.ts";

const root = new URL("../../", import.meta.url);
const documents = ["README.md", "README.ko.md", "SECURITY.md", "ARCHITECTURE.md", "CHANGELOG.md"];
for (const folder of ["decisions", "guide", "recipes", "reference"]) {
  for await (const { name } of Deno.readDir(new URL(`docs/${folder}/`, root))) {
    documents.push(`docs/${folder}/${name}`);
  }
}

const readDocument = (path: string): Promise<string> => Deno.readTextFile(new URL(path, root));

async function isThere(url: URL): Promise<boolean> {
  return await Deno.stat(url).then(() => true, () => false);
}

for (const path of documents) {
  Deno.test(`${path} links to files that exist`, async () => {
    const text = await readDocument(path);
    const links = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, to]) => to ?? "")
      .filter((to) => !/^[a-z]+:/.test(to));
    const broken: string[] = [];
    for (const to of links) if (!await isThere(new URL(to, new URL(path, root)))) broken.push(to);
    assertEquals(broken, []);
  });

  Deno.test(`${path} names files and folders that exist`, async () => {
    const text = await readDocument(path);
    const names = new Set(
      text.match(/(?<![\w/])(?:lib|tests|scripts|docs)\/[a-z0-9_/.]*[a-z0-9_/]/g),
    );
    const wrong: string[] = [];
    for (const name of names) {
      // `dist/docs` and `@dari/dari/…` are not paths of this project.
      if (text.includes(`dist/${name}`)) continue;
      if (!await isThere(new URL(name, root))) wrong.push(name);
    }
    assertEquals(wrong, []);
  });
}

Deno.test("ARCHITECTURE.md has a row for every room, and stays under 200 lines", async () => {
  const text = await readDocument("ARCHITECTURE.md");
  assertEquals(text.split("\n").length < 200, true);
  const rooms = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL("lib/", root))) {
    if (isDirectory && !text.includes(`| \`lib/${name}/\``)) rooms.push(name);
  }
  assertEquals(rooms, []);
});

Deno.test("docs/reference/configuration.md names a value of --allow-net that is enough to serve", async () => {
  const row = /narrow it to `(--allow-net=[^`]+)`/.exec(
    await readDocument("docs/reference/configuration.md"),
  );
  await using directory = await tempDirectory();
  const flag = (row?.[1] ?? "").replace("$PWD", directory.path)
    .replace("localhost:9090", "localhost:0");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      flag,
      "--allow-read",
      "--allow-write=.dari",
      "--allow-env=DARI_DATA,NO_COLOR",
      new URL("cli.ts", root).pathname,
      "serve",
      "--listen",
      "tls://localhost:0",
    ],
    cwd: directory.path,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let out = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += text;
    if (out.includes("ready\n")) break;
  }
  try {
    child.kill("SIGTERM");
  } catch {
    // It ended by itself, and the next assertion says why.
  }
  const { code } = await child.status;
  assertEquals([out.includes("ready\n"), code], [true, 0], await errors);
});
