/**
 * From which commit a program was made.
 *
 * @module
 */

/** The name of the file that says so; it lies beside a program that was bundled. */
export const BUILD = "build.json";

/** What is known of a build. */
export interface Build {
  /** The commit in hexadecimal; absent where the source was no checkout of git. */
  readonly commit?: string | undefined;
}

/**
 * Describes the program that is running.
 *
 * @returns Its commit: the recorded one of a bundled program, the checked-out one of a source.
 */
export async function readBuild(): Promise<Build> {
  const recorded = await readText(new URL(BUILD, import.meta.url));
  if (recorded !== undefined) return JSON.parse(recorded);
  return { commit: await readCommit(new URL("../../", import.meta.url)) };
}

/**
 * Reads which commit of a checkout is checked out, without running git.
 *
 * @param root The checkout.
 * @returns The commit in hexadecimal, `undefined` where there is no checkout or no commit.
 * @see {@link https://git-scm.com/docs/gitrepository-layout | gitrepository-layout}
 */
export async function readCommit(root: URL): Promise<string | undefined> {
  const linked = await readText(new URL(".git", root));
  // In a linked worktree .git is a file that names the worktree's own folder.
  const folder = linked === undefined
    ? new URL(".git/", root)
    : new URL(`${linked.replace(/^gitdir: /, "").trim()}/`, root);
  const head = (await readText(new URL("HEAD", folder)))?.trim();
  const reference = /^ref: (\S+)$/.exec(head ?? "")?.[1];
  if (reference === undefined) return commitIn(head);
  const shared = (await readText(new URL("commondir", folder)))?.trim();
  const common = shared === undefined ? folder : new URL(`${shared}/`, folder);
  const packed = (await readText(new URL("packed-refs", common)))?.split("\n") ?? [];
  return commitIn(await readText(new URL(reference, common))) ??
    commitIn(packed.find((line) => line.endsWith(` ${reference}`)));
}

function commitIn(text: string | undefined): string | undefined {
  return /^[0-9a-f]{40,64}(?=\s|$)/.exec(text ?? "")?.[0];
}

/** @returns `undefined` where there is no such file, and where files are not files of this machine. */
async function readText(url: URL): Promise<string | undefined> {
  if (url.protocol !== "file:") return undefined;
  try {
    return await Deno.readTextFile(url);
  } catch {
    return undefined; // a folder, or a program that may not read
  }
}
