import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  flag,
  list,
  number,
  object,
  oneOf,
  optional,
  orNull,
  text,
} from "../../../lib/messages/operation/fields.ts";

const message = object({
  ...{ id: orNull(text), tries: number, dead: optional(flag) },
  kind: oneOf("put", "delete"),
  parts: list(object({ name: text })),
});

const good = { id: null, tries: 1, kind: "put", parts: [{ name: "a" }] };

Deno.test("object() takes what fits, and what may be absent", () => {
  assertEquals(message(good, "args"), good as never);
  assertEquals(message({ ...good, dead: undefined, id: "7" }, "args").id, "7");
});

Deno.test("object() says where something is wrong, and what should be there", () => {
  const wrong: [unknown, string][] = [
    [null, "args must be an object"],
    [[], "args must be an object"],
    [{ ...good, id: 7 }, "args.id must be a text"],
    [{ ...good, tries: NaN }, "args.tries must be a number"],
    [{ ...good, tries: "1" }, "args.tries must be a number"],
    [{ ...good, dead: 1 }, "args.dead must be true or false"],
    [{ ...good, kind: "toString" }, "args.kind must be one of put, delete"],
    [{ ...good, parts: {} }, "args.parts must be a list"],
    [{ ...good, parts: [{ name: "a" }, {}] }, "args.parts[1].name must be a text"],
    [{ ...good, more: 1 }, "args.more must be absent"],
  ];
  for (const [value, says] of wrong) {
    const error = assertThrows(() => message(value, "args"), DariError, says);
    assertEquals(error.code, "invalid_params");
  }
});

Deno.test("object() takes no member that is inherited", () => {
  const inherited = Object.create({ name: "a" });
  assertThrows(() => object({ name: text })(inherited, "args"), DariError, "must be a text");
});
