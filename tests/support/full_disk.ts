import { StatementSync } from "node:sqlite"; // to make the store's disk full

/**
 * A disk that is full: every write takes half of what it is given and then fails, as `ENOSPC` does,
 * and the store cannot commit.
 *
 * @param after How many writes still succeed.
 */
export function fillDisk(after = 0): Disposable {
  const { write } = Deno.FsFile.prototype;
  const { run } = StatementSync.prototype;
  let left = after;
  Deno.FsFile.prototype.write = async function (bytes: Uint8Array): Promise<number> {
    if (left-- > 0) return await write.call(this, bytes);
    await write.call(this, bytes.subarray(0, bytes.length / 2));
    throw Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
  };
  StatementSync.prototype.run = function (...parameters) {
    if (this.sourceSQL === "COMMIT" && left-- <= 0) {
      throw Object.assign(new Error("database or disk is full"), { errcode: SQLITE_FULL });
    }
    return Reflect.apply(run, this, parameters);
  };
  return {
    [Symbol.dispose]() {
      Deno.FsFile.prototype.write = write;
      StatementSync.prototype.run = run;
    },
  };
}

const SQLITE_FULL = 13;
