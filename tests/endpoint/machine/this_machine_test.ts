import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { reachedBy, thisMachine } from "../../../lib/endpoint/machine/this_machine.ts";

const ipv4 = (name: string, address: string) => ({ name, family: "IPv4" as const, address });
const ipv6 = (name: string, address: string) => ({ name, family: "IPv6" as const, address });

Deno.test("thisMachine() has the addresses that other machines can use, those of containers last", () => {
  const { addresses } = thisMachine({
    interfaces: [
      ipv4("lo", "127.0.0.1"),
      ipv6("lo", "::1"),
      ipv4("docker0", "172.17.0.1"),
      ipv6("eth0", "fd00::5"),
      ipv6("eth0", "fe80::1"),
      ipv4("eth0", "10.0.0.5"),
      ipv4("eth1", "169.254.7.7"),
    ],
  });
  assertEquals(addresses, ["10.0.0.5", "fd00::5", "172.17.0.1"]);
});

Deno.test("thisMachine() has the host name in full and short, or with .local", () => {
  const cases: [hostname: string | undefined, names: string[]][] = [
    ["Box", ["box", "box.local"]],
    ["box.example.com", ["box.example.com", "box"]],
    ["localhost", []],
    ["my_box", []],
    ["-x", []],
    ["10.0.0.5", []],
    ["", []],
    [undefined, []],
  ];
  for (const [hostname, names] of cases) assertEquals(thisMachine({ hostname }).names, names);
});

Deno.test("thisMachine() has at most `maxFoundAddresses` addresses", () => {
  const interfaces = Array.from(
    { length: 300 },
    (_, n) => ipv4("eth0", `10.0.${n >> 8}.${n & 255}`),
  );
  assertEquals(thisMachine({ interfaces }).addresses.length, limits.maxFoundAddresses);
});

Deno.test("reachedBy() gives the names of a wildcard alone, and of 0.0.0.0 no IPv6 address", () => {
  const machine = { names: ["box"], addresses: ["10.0.0.5", "fd00::5"] };
  assertEquals(reachedBy("0.0.0.0", machine), ["box", "10.0.0.5"]);
  assertEquals(reachedBy("::", machine), ["box", "10.0.0.5", "fd00::5"]);
  assertEquals(reachedBy("localhost", machine), []);
});
