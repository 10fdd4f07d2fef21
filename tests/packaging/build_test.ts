import { assertEquals, assertMatch } from "@std/assert";
import { readBuild, readCommit } from "../../lib/packaging/build.ts";
import { tempDirectory } from "../support/temp.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

/** A folder with these files below `.git`, and that folder's URL. */
async function checkout(files: Record<string, string>) {
  const directory = await tempDirectory();
  for (const [name, text] of Object.entries(files)) {
    const path = `${directory.path}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
  return { ...directory, url: new URL(`file://${directory.path}/`) };
}

Deno.test("readCommit() follows HEAD to its branch", async () => {
  const files = { ".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": `${commit}\n` };
  await using folder = await checkout(files);
  assertEquals(await readCommit(folder.url), commit);
});

Deno.test("readCommit() reads a detached HEAD, and a branch that git has packed", async () => {
  await using detached = await checkout({ ".git/HEAD": `${commit}\n` });
  assertEquals(await readCommit(detached.url), commit);
  await using packed = await checkout({
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/packed-refs": `# pack-refs with: peeled\n${commit} refs/heads/main\n`,
  });
  assertEquals(await readCommit(packed.url), commit);
});

Deno.test("readCommit() follows the link of a worktree", async () => {
  await using folder = await checkout({
    "tree/.git": "gitdir: ../.git/worktrees/tree\n",
    ".git/worktrees/tree/HEAD": "ref: refs/heads/other\n",
    ".git/worktrees/tree/commondir": "../..\n",
    ".git/refs/heads/other": `${commit}\n`,
  });
  assertEquals(await readCommit(new URL("tree/", folder.url)), commit);
});

Deno.test("readCommit() gives undefined without a checkout, and before the first commit", async () => {
  await using none = await checkout({});
  assertEquals(await readCommit(none.url), undefined);
  await using fresh = await checkout({ ".git/HEAD": "ref: refs/heads/main\n" });
  assertEquals(await readCommit(fresh.url), undefined);
});

Deno.test("readBuild() names a commit in hexadecimal, where dari's source is a checkout", async () => {
  const { commit } = await readBuild();
  if (commit !== undefined) assertMatch(commit, /^[0-9a-f]{40,64}$/);
  assertEquals(commit, await readCommit(new URL("../../", import.meta.url)));
});
