import { assertEquals } from "@std/assert";
import { asTyped, programOf, serviceCommands, speakerOf } from "../../../lib/cli/app/program.ts";
import { commands } from "../../../lib/cli/table.ts";

const env = (values: Record<string, string>) => ({ env: (name: string) => values[name] });

Deno.test("programOf() reads how the program was started", () => {
  assertEquals(programOf(env({})), { name: "dari", isService: false });
  const service = programOf(env({ DARI_NAME: "./bin/shop", DARI_SERVICE: "1" }));
  assertEquals(service, { name: "./bin/shop", isService: true });
  assertEquals([speakerOf(service), speakerOf(programOf(env({ DARI_NAME: "npx dari" })))], [
    "shop",
    "dari",
  ]);
});

Deno.test("asTyped() changes command lines and nothing else", () => {
  const npx = { name: "npx dari", isService: false };
  const cases: [text: string, typed: string][] = [
    ["see dari user list --help", "see npx dari user list --help"],
    ["dari --help", "npx dari --help"],
    [
      "dari signs; @dari/dari user; ./dari call; dari users",
      "dari signs; @dari/dari user; ./dari call; dari users",
    ],
  ];
  for (const [text, typed] of cases) assertEquals(asTyped(text, npx, commands), typed);
  const service = { name: "./shop", isService: true };
  assertEquals(asTyped("dari serve --public add", service, commands), "./shop --public add");
});

Deno.test("the commands of a compiled service are commands", () => {
  const heads = new Set(Object.keys(commands).map((name) => name.split(" ")[0]));
  assertEquals(serviceCommands.filter((name) => !heads.has(name)), []);
});
