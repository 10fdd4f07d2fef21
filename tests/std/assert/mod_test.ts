import {
  assert,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

/** What an assertion threw; written without the functions under test. */
function failureOf(assertion: () => void): Error {
  try {
    assertion();
  } catch (error) {
    if (error instanceof AssertionError) return error;
    throw error;
  }
  throw new Error("The assertion held where it must fail");
}

const holding: Record<string, () => void> = {
  assert: () => assert(1),
  assertFalse: () => assertFalse(""),
  assertEquals: () =>
    assertEquals({ a: [1, new Map([[1, NaN]])] }, { a: [1, new Map([[1, NaN]])] }),
  assertNotEquals: () => assertNotEquals<object>({ a: 1 }, { a: 2 }),
  assertStrictEquals: () => assertStrictEquals(NaN, NaN),
  assertExists: () => assertExists(0),
  assertInstanceOf: () => assertInstanceOf(new TypeError(), Error),
  assertGreater: () => assertGreater(2, 1),
  assertLess: () => assertLess(1, 2),
  assertMatch: () => assertMatch("abc", /b/),
  assertNotMatch: () => assertNotMatch("abc", /d/),
  assertStringIncludes: () => assertStringIncludes("abc", "bc"),
};

const failing: Record<string, () => void> = {
  assert: () => assert(0),
  assertFalse: () => assertFalse("x"),
  assertEquals: () => assertEquals<unknown>({ a: 1 }, { a: "1" }),
  assertNotEquals: () => assertNotEquals({ a: 1 }, { a: 1 }),
  assertStrictEquals: () => assertStrictEquals({}, {}),
  assertExists: () => assertExists(null),
  assertInstanceOf: () => assertInstanceOf(new Error(), TypeError),
  assertGreater: () => assertGreater(1, 1),
  assertLess: () => assertLess(1, 1),
  assertMatch: () => assertMatch("abc", /d/),
  assertNotMatch: () => assertNotMatch("abc", /b/),
  assertStringIncludes: () => assertStringIncludes("abc", "d"),
};

for (const [name, assertion] of Object.entries(holding)) {
  Deno.test(`${name}() holds`, () => assertion());
}

for (const [name, assertion] of Object.entries(failing)) {
  Deno.test(`${name}() fails with an AssertionError`, () => {
    failureOf(assertion);
  });
}

Deno.test("assertEquals() puts the caller's message before the difference", () => {
  assertMatch(failureOf(() => assertEquals(1, 2, "sums")).message, /^Values are not equal: sums/);
});

Deno.test("assertThrows() returns what was thrown", () => {
  const thrown = new RangeError("too long");
  const throwIt = () => {
    throw thrown;
  };
  assertStrictEquals(assertThrows(throwIt), thrown);
  assertStrictEquals(assertThrows(throwIt, RangeError, "long"), thrown);
  assertStrictEquals(assertThrows(throwIt, Error, "too"), thrown);
});

Deno.test("assertThrows() fails on no error, another class, another message", () => {
  const throwIt = () => {
    throw new RangeError("too long");
  };
  assertMatch(failureOf(() => assertThrows(() => 1)).message, /Expected function to throw/);
  assertMatch(failureOf(() => assertThrows(throwIt, TypeError)).message, /instance of "TypeError"/);
  assertMatch(failureOf(() => assertThrows(throwIt, Error, "short")).message, /"short"/);
});

Deno.test("assertRejects() resolves with what the promise rejected with", async () => {
  const thrown = new RangeError("too long");
  assertStrictEquals(await assertRejects(() => Promise.reject(thrown)), thrown);
  assertStrictEquals(await assertRejects(() => Promise.reject(thrown), Error, "long"), thrown);
});

Deno.test("assertRejects() rejects where nothing did, or where fn threw instead", async () => {
  const held = await assertRejects(() => assertRejects(() => Promise.resolve()), AssertionError);
  assertMatch(held.message, /Expected function to reject/);
  const threw = await assertRejects(
    () =>
      assertRejects(() => {
        throw new Error("at once");
      }),
    AssertionError,
  );
  assertMatch(threw.message, /throws when expected to reject/);
});
