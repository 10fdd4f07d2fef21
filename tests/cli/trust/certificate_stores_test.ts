import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { encodePem, makeAuthority } from "../../../lib/cert/mod.ts";
import { keyFingerprint } from "../../../lib/cert/key/public_key.ts";
import {
  installAuthorities,
  type StoreHost,
  uninstallAuthorities,
} from "../../../lib/cli/trust/certificate_stores.ts";
import { tempDirectory } from "../../support/temp.ts";

async function authority(permits?: readonly string[] | "any") {
  const made = await makeAuthority(permits === undefined ? {} : { permits });
  const pem = encodePem("CERTIFICATE", made.certificate.der);
  return { pem, name: (await keyFingerprint(made.certificate.publicKey)).slice(0, 16) };
}

/** A machine with a system's store and a browser's, and the commands that ran on it. */
async function machine(results: Record<string, { code: number; err: string } | undefined> = {}) {
  const directory = await tempDirectory();
  const [store, home] = [`${directory.path}/store`, `${directory.path}/home`];
  const profile = `${home}/.mozilla/firefox/x.default`;
  for (const each of [store, `${home}/.pki/nssdb`, profile]) {
    await Deno.mkdir(each, { recursive: true });
  }
  for (const each of [`${home}/.pki/nssdb`, profile]) {
    await Deno.writeTextFile(`${each}/cert9.db`, "");
  }
  const ran: string[] = [];
  const it: StoreHost = {
    systemStores: [
      { directory: `${directory.path}/none`, command: ["never"] },
      { directory: store, command: ["update", "now"], toForget: ["--fresh"] },
    ],
    home,
    async run(command, args) {
      const file = args[args.indexOf("-i") + 1] ?? "";
      if (args.includes("-i")) assertStringIncludes(await Deno.readTextFile(file), "BEGIN CERT");
      ran.push([command, ...args].join(" ").replace(file.includes("/") ? file : "\0", "FILE"));
      return command in results ? results[command] : { code: 0, err: "" };
    },
  };
  return {
    it,
    ran,
    store,
    databases: [`${home}/.pki/nssdb`, profile],
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

Deno.test("installAuthorities() writes to the system's store and to browsers', and uninstallAuthorities() removes", async () => {
  await using test = await machine();
  const { pem, name } = await authority();
  const stores = [test.store, ...test.databases];
  assertEquals(await installAuthorities(pem, test.it), stores);
  assertEquals(await Deno.readTextFile(`${test.store}/dari-${name}.crt`), pem);
  assertEquals(test.ran.splice(0), [
    "update now",
    ...test.databases.map((each) => `certutil -d sql:${each} -A -t C,, -n dari ${name} -i FILE`),
  ]);
  assertEquals(await uninstallAuthorities(pem, test.it), stores);
  assertEquals(Array.from(Deno.readDirSync(test.store)), []);
  assertEquals(test.ran, [
    "update now --fresh",
    ...test.databases.map((each) => `certutil -d sql:${each} -D -n dari ${name}`),
  ]);
});

Deno.test("installAuthorities() refuses an authority that could vouch for any server", async () => {
  await using test = await machine();
  const confined = await authority();
  for (const permits of ["any", ["0.0.0.0/0", "localhost"], ["::/0", "localhost"]] as const) {
    const { pem } = await authority(permits);
    const error = await assertRejects(
      () => installAuthorities(confined.pem + pem, test.it),
      DariError,
    );
    assertEquals(error.code, "failed_precondition");
  }
  assertEquals([test.ran, Array.from(Deno.readDirSync(test.store))], [[], []]);
  await installAuthorities((await authority([".internal"])).pem, test.it);
});

Deno.test("installAuthorities() says which program is missing or has failed", async () => {
  const { pem } = await authority();
  const cases: [results: Parameters<typeof machine>[0], message: string][] = [
    [{ update: { code: 1, err: "first\nno space left\n" } }, "by update: no space left"],
    [{ certutil: undefined }, "by certutil (package libnss3-tools or nss-tools): it is not"],
  ];
  for (const [results, message] of cases) {
    await using test = await machine(results);
    const error = await assertRejects(() => installAuthorities(pem, test.it), DariError, message);
    assertEquals(error.code, "io");
  }
});

Deno.test("uninstallAuthorities() takes what is not there for removed, and needs a store", async () => {
  const { pem } = await authority();
  await using test = await machine({
    certutil: { code: 255, err: "certutil: could not find certificate named x" },
  });
  assertEquals((await uninstallAuthorities(pem, test.it)).length, 3);
  const bare: StoreHost = { ...test.it, systemStores: [], home: undefined };
  const error = await assertRejects(() => uninstallAuthorities(pem, bare), DariError);
  assertEquals(error.code, "not_found");
});
