import { assertEquals } from "@std/assert";
import {
  announcement,
  outerAddresses,
  type ReadyServer,
} from "../../../lib/cli/workspace/announcement.ts";

const machine = { names: ["box", "box.local"], addresses: ["10.0.0.5", "fd00::5"] };
const held = ["localhost", "box", "box.local", "10.0.0.5", "fd00::5", "box.example.com"];

function server(some: Partial<ReadyServer>): ReadyServer {
  const certificate = { names: held, fingerprint: "ab12" };
  return {
    addresses: [],
    mutual: [],
    names: [],
    isSample: true,
    data: ".dari",
    caFile: "d/ca.crt",
    certificate,
    ...some,
  };
}

Deno.test("outerAddresses() puts what the user named first, then addresses, then host names", () => {
  const cases: [addresses: string[], names: string[], outer: string[]][] = [
    [["tls://0.0.0.0:1"], [], ["10.0.0.5:1", "box:1", "box.local:1"]],
    [["tls://[::]:1"], [], ["10.0.0.5:1", "[fd00::5]:1", "box:1", "box.local:1"]],
    [["tls://0.0.0.0:1"], ["Box.example.com"], [
      "Box.example.com:1",
      "10.0.0.5:1",
      "box:1",
      "box.local:1",
    ]],
    [["tls://10.0.0.5:1", "tls://localhost:2", "unix:/s"], [], ["10.0.0.5:1"]],
    [["tls://10.9.9.9:1"], [], []], // the certificate does not hold for it
  ];
  for (const [addresses, names, outer] of cases) {
    const found = outerAddresses(server({ addresses, names }), machine);
    assertEquals(found, outer.map((each) => `tls://${each}`));
  }
});

Deno.test("announcement() names a data directory that commands do not look into by themselves", () => {
  const lines = announcement(server({ addresses: ["unix:/s"], data: "/srv/dari" }), machine);
  assertEquals(lines.includes("  dari call add a=10 b=20 --data /srv/dari"), true, lines.join());
});

Deno.test("announcement() says what to paste on this machine and on another one", () => {
  assertEquals(announcement(server({ addresses: ["unix:/s", "tls://0.0.0.0:1"] }), machine), [
    "listening on unix:/s",
    "listening on tls://0.0.0.0:1",
    "ready",
    "",
    `certificate for ${held.join(", ")}`,
    "fingerprint ab12",
    "",
    "From another terminal:",
    "  dari call add a=10 b=20",
    "  dari call add a=10 b=20 --to tls://localhost:1 --ca d/ca.crt",
    "From another machine:",
    "  dari trust 10.0.0.5:1 --fingerprint ab12",
    "  dari call add a=10 b=20 --to 10.0.0.5:1",
  ]);
});

Deno.test("announcement() writes command lines for this machine alone as they are typed here", () => {
  const say = (line: string) => line.replace("dari", "npx dari");
  const lines = announcement(server({ addresses: ["unix:/s", "tls://0.0.0.0:1"] }), machine, say);
  assertEquals(lines.filter((line) => line.includes("npx dari")).length, 2);
  assertEquals(lines.some((line) => line.startsWith("  dari trust")), true);
});

Deno.test("announcement() prefers a listener that asks for no client certificate", () => {
  const addresses = ["unix:/s", "tls://10.0.0.5:1", "tls://10.0.0.5:2"];
  const [both, mutual] = [["tls://10.0.0.5:1"], addresses.slice(1)].map((mutual) =>
    announcement(server({ addresses, mutual }), machine).at(-1)
  );
  assertEquals(both, "  dari call add a=10 b=20 --to 10.0.0.5:2");
  assertEquals(mutual, "  dari call add a=10 b=20 --to 10.0.0.5:1 --cert FILE --key FILE");
});

Deno.test("announcement() does not know the methods of a user's module, and no authority of a bare certificate", () => {
  const own = server({ addresses: ["tls://10.0.0.5:1"], isSample: false });
  assertEquals(announcement(own, machine).slice(-2), [
    "  dari trust 10.0.0.5:1 --fingerprint ab12",
    "  dari discover --to 10.0.0.5:1",
  ]);
  const bare = { ...own, certificate: { names: ["10.0.0.5"] }, caFile: undefined };
  assertEquals(announcement(bare, machine).slice(1), ["ready", "", "certificate for 10.0.0.5"]);
});
