/**
 * Makes or restores a backup and kills itself before the given step, as `kill -9` does:
 * `killed_backup.ts backup|restore STEP DATA FILE`.
 *
 * @module
 */

import { makeBackup } from "../../lib/ops/backup/backup.ts";
import { backupOptions, restore } from "./backups.ts";

const [what, step, data, file] = Deno.args as [string, string, string, string];
const onStep = (each: string) => {
  if (each === step) Deno.kill(Deno.pid, "SIGKILL");
};
if (what === "backup") await makeBackup({ ...backupOptions(data, file), onStep });
else await restore(file, data, { onStep });
