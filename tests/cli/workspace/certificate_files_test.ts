import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  certificateFilesOf,
  readCertificateFiles,
} from "../../../lib/cli/workspace/certificate_files.ts";
import { dari } from "../../support/dari_command.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("certificateFilesOf() wants both files or none", () => {
  assertEquals(certificateFilesOf(undefined, undefined), undefined);
  assertEquals(certificateFilesOf("a.crt", "a.key"), { certFile: "a.crt", keyFile: "a.key" });
  for (const [cert, key] of [["a.crt", undefined], [undefined, "a.key"]] as const) {
    assertThrows(
      () => certificateFilesOf(cert, key),
      DariError,
      "--cert and --key belong together",
    );
  }
});

Deno.test("readCertificateFiles() reads both, and refuses a key that others can use", async () => {
  await using directory = await tempDirectory();
  const [cert, key] = [`${directory.path}/a.crt`, `${directory.path}/a.key`];
  await dari(["cert", "self-signed", "a.internal", "--out", `${directory.path}/a`]);
  assertEquals(await readCertificateFiles(cert, key), {
    cert: await Deno.readTextFile(cert),
    key: await Deno.readTextFile(key),
  });
  assertEquals(await readCertificateFiles(undefined, undefined), {});
  await Deno.chmod(key, 0o644);
  const error = await assertRejects(() => readCertificateFiles(cert, key), DariError);
  assertEquals(error.code, "configuration");
});
