import { DatabaseSync } from "node:sqlite"; // to make the store's disk full

/**
 * A disk that is full: every write takes half of what it is given and then fails, as `ENOSPC` does,
 * and the store cannot commit.
 *
 * @param after How many writes still succeed.
 */
export function fillDisk(after = 0): Disposable {
  const { write } = Deno.FsFile.prototype;
  const { exec } = DatabaseSync.prototype;
  let left = after;
  Deno.FsFile.prototype.write = async function (bytes: Uint8Array): Promise<number> {
    if (left-- > 0) return await write.call(this, bytes);
    await write.call(this, bytes.subarray(0, bytes.length / 2));
    throw new Error("No space left on device (os error 28)");
  };
  DatabaseSync.prototype.exec = function (sql: string): void {
    if (sql === "COMMIT" && left-- <= 0) {
      throw Object.assign(new Error("database or disk is full"), { errcode: SQLITE_FULL });
    }
    exec.call(this, sql);
  };
  return {
    [Symbol.dispose]() {
      Deno.FsFile.prototype.write = write;
      DatabaseSync.prototype.exec = exec;
    },
  };
}

const SQLITE_FULL = 13;
