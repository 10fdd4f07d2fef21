import { assertEquals } from "@std/assert";
import { PinFile } from "../../../../lib/mcp/pin_file.ts";
import { dataDirectory, done } from "../../../support/dari_command.ts";

Deno.test("dari mcp accept --json prints what waits, and what was accepted", async () => {
  await using data = await dataDirectory();
  await Deno.mkdir(data.path);
  const pins = new PinFile(data.path);
  const before = { name: "search", description: "Searches" };
  const after = { name: "search", description: "\x1b[2JSearches" };
  await pins.check([before]);
  await pins.check([after]);
  const { out } = await data.dari(["mcp", "accept", "--json"]);
  assertEquals(JSON.parse(out), { changed: [{ name: "search", before, after }] });
  const shown = await data.dari(["mcp", "accept"]);
  assertEquals(
    shown,
    done(
      'search has changed\n  - description: "Searches"\n  + description: "\\u001b[2JSearches"',
    ),
  );
  const accepted = await data.dari(["mcp", "accept", "--all", "--json"]);
  assertEquals(JSON.parse(accepted.out), { accepted: ["search"] });
  assertEquals(await data.dari(["mcp", "accept"]), done("no definition waits to be accepted"));
});
