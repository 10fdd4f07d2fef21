/** A user who is neither root nor the one that runs the tests. */
export const NOBODY = 65_534;

/** The options of a test that gives files to another user, which only root can. */
export const rootOnly = { ignore: Deno.build.os === "windows" || !canGiveAway() };

function canGiveAway(): boolean {
  const path = Deno.makeTempFileSync();
  try {
    Deno.chownSync(path, NOBODY, NOBODY);
    return true;
  } catch {
    return false;
  } finally {
    Deno.removeSync(path);
  }
}
