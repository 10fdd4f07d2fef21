import { assertEquals, assertThrows } from "@std/assert";
import { oid } from "../../../lib/cert/der/oid.ts";
import { readWhole } from "../../../lib/cert/der/reader.ts";
import { type DerNode, loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { CertificateError } from "../../../lib/cert/reasons.ts";
import { extensionNode } from "../../../lib/cert/x509/certificate_template.ts";
import { knownExtensions, readExtensions } from "../../../lib/cert/x509/extension.ts";

const writer = await loadDerWriter();
const w = writer;

const read = (...extensions: DerNode[]) =>
  readExtensions(readWhole(writer.encode(writer.sequence(...extensions))));
const readOne = (id: string, value: DerNode, critical = false) =>
  read(extensionNode(writer, id, value, critical));

Deno.test("readExtensions() keeps the order, what is critical, and what it does not know", () => {
  const extensions = read(
    extensionNode(writer, "1.2.3", writer.null(), true),
    extensionNode(writer, oid.keyUsage, writer.namedBits([0, 5])),
  );
  assertEquals(extensions.all, ["1.2.3", oid.keyUsage]);
  assertEquals(extensions.critical, ["1.2.3"]);
  assertEquals(extensions.keyUsage, new Set(["digitalSignature", "keyCertSign"] as const));
  assertEquals(knownExtensions().includes("1.2.3"), false);
});

Deno.test("readExtensions() reads basicConstraints with and without a path length", () => {
  const constraints = (...fields: DerNode[]) =>
    readOne(oid.basicConstraints, w.sequence(...fields)).basicConstraints;
  assertEquals(constraints(), { isAuthority: false });
  assertEquals(constraints(w.true()), { isAuthority: true });
  assertEquals(constraints(w.true(), w.integer(3)), { isAuthority: true, pathLength: 3 });
});

const dns = (name: string) => w.implicit(2, new TextEncoder().encode(name));
const subtree = (...fields: DerNode[]) => w.sequence(...fields);

Deno.test("readExtensions() reads name constraints of both halves", () => {
  const value = w.sequence(
    w.explicit(0, subtree(dns("internal"))),
    w.explicit(1, subtree(dns("secret.internal"))),
  );
  assertEquals(readOne(oid.nameConstraints, value).nameConstraints, {
    permitted: [{ kind: "dns", value: "internal" }],
    excluded: [{ kind: "dns", value: "secret.internal" }],
  });
});

for (
  const [what, extensions] of [
    ["an extension that stands there twice", [
      extensionNode(w, oid.keyUsage, w.namedBits([0])),
      extensionNode(w, oid.keyUsage, w.namedBits([0])),
    ]],
    ["a path length of no authority", [
      extensionNode(w, oid.basicConstraints, w.sequence(w.integer(1))),
    ]],
    ["an IP address of five octets", [
      extensionNode(w, oid.subjectAltName, w.sequence(w.implicit(7, new Uint8Array(5)))),
    ]],
    ["no name at all", [extensionNode(w, oid.subjectAltName, w.sequence())]],
    ["empty name constraints", [extensionNode(w, oid.nameConstraints, w.sequence())]],
    ["an IP range without a mask", [
      extensionNode(
        w,
        oid.nameConstraints,
        w.sequence(w.explicit(0, subtree(w.implicit(7, new Uint8Array(4))))),
      ),
    ]],
    ["a subtree with a minimum", [
      extensionNode(
        w,
        oid.nameConstraints,
        w.sequence(w.explicit(0, subtree(dns("a"), w.implicit(0, Uint8Array.of(1))))),
      ),
    ]],
    ["no extended key usage at all", [extensionNode(w, oid.extKeyUsage, w.sequence())]],
  ] as const
) {
  Deno.test(`readExtensions() refuses ${what}`, () => {
    assertEquals(assertThrows(() => read(...extensions), CertificateError).reason, "malformed");
  });
}
