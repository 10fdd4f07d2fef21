import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { findUser } from "../../../lib/cli/serving/system_user.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("a user is found by the name, with the group", async () => {
  await using directory = await tempDirectory();
  const file = `${directory.path}/passwd`;
  await Deno.writeTextFile(
    file,
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533:nobody:/:/usr/sbin/nologin\nbroken\n",
  );
  assertEquals(await findUser("nobody", file), { uid: 65534, gid: 65533 });
  for (const name of ["nobod", "broken", "", "x"]) {
    const error = await assertRejects(() => findUser(name, file), DariError);
    assertEquals(error.code, "usage", name);
  }
  const missing = await assertRejects(() => findUser("root", `${file}.none`), DariError);
  assertEquals(missing.code, "io");
});
