import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { megabytes, writeSelfExtracting } from "../../lib/packaging/self_extracting.ts";
import { executable } from "../support/executable.ts";
import { tempDirectory } from "../support/temp.ts";

const encoder = new TextEncoder();
const files = [
  { name: "cli.js", bytes: encoder.encode('console.log("hello", ...Deno.args);\n') },
  { name: "deno.json", bytes: encoder.encode("{}") },
];
const ignore = Deno.build.os === "windows";

Deno.test({
  name: "writeSelfExtracting() writes a file that runs its program with the words that it is given",
  ignore,
  async fn() {
    await using directory = await tempDirectory();
    const path = `${directory.path}/program`;
    const title = "a test";
    const sizes = await writeSelfExtracting(path, { title, files, words: ["serve"] });
    const { size, mode } = await Deno.stat(path);
    assertEquals([size, (mode ?? 0) & 0o777], [sizes.executable, 0o755]);
    assertEquals(sizes.program, files[0]!.bytes.length + files[1]!.bytes.length);
    assertEquals(sizes.runtime, (await Deno.stat(Deno.execPath())).size);
    const { code, output, errors } = await executable(path, directory.path).run(["a b", "--c"]);
    assertEquals([code, output, errors], [0, "hello serve a b --c\n", ""]);
  },
});

Deno.test({
  name: "an executable tells its program how many files it may have open",
  ignore,
  async fn() {
    await using directory = await tempDirectory();
    const path = `${directory.path}/program`;
    const asking = [
      { name: "cli.js", bytes: encoder.encode('console.log(Deno.env.get("DARI_OPEN_FILES"));\n') },
      files[1]!,
    ];
    await writeSelfExtracting(path, { title: "a test", files: asking });
    const { stdout } = await new Deno.Command("/bin/sh", {
      args: ["-c", `ulimit -n 321 && exec "$0"`, path],
      env: { TMPDIR: directory.path },
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "321\n");
  },
});

Deno.test({
  name: "writeSelfExtracting() leaves nothing behind where it cannot write",
  ignore,
  async fn() {
    await using directory = await tempDirectory();
    const path = `${directory.path}/taken`;
    await Deno.mkdir(`${path}/folder`, { recursive: true });
    const error = await assertRejects(
      () => writeSelfExtracting(path, { title: "a test", files }),
      DariError,
    );
    assertEquals(error.code, "io");
    assertEquals(Array.from(Deno.readDirSync(directory.path), ({ name }) => name), ["taken"]);
  },
});

Deno.test("megabytes() rounds to a tenth", () => {
  assertEquals([megabytes(0), megabytes(97_140_000)], ["0.0 MB", "97.1 MB"]);
});
