import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { Forms } from "../../../lib/cluster/follow/forms.ts";
import type { OpenedMessage } from "../../../lib/cluster/log/seal.ts";
import { TestClock } from "../../support/clock.ts";

const tag = new Uint8Array();

/** Somebody who understands the second form, and what they have heard. */
function listening() {
  const clock = new TestClock();
  const forms = new Forms(2, () => clock.monotonic());
  let count = 0;
  const hear = (kind: OpenedMessage["kind"], writer: string, text: string) =>
    forms.hear({
      kind,
      writer,
      count: ++count,
      after: 0,
      tag,
      body: new TextEncoder().encode(text),
    });
  return {
    ...{ clock, forms },
    beat: (writer: string, understands: unknown) =>
      hear("beat", writer, JSON.stringify({ understands })),
    hear,
  };
}

Deno.test("nothing newer is written before everybody has had time to be heard", () => {
  const { clock, forms } = listening();
  clock.advance(limits.storeFormQuietMs - 1);
  assertEquals(forms.common, 1);
  clock.advance(1);
  assertEquals(forms.common, 2);
  forms.forget(); // messages were missing
  assertEquals(forms.common, 1);
});

Deno.test("one who understands less holds all back, until nobody has heard them for storeFormQuietMs", () => {
  const { clock, forms, beat } = listening();
  clock.advance(limits.storeFormQuietMs);
  assertEquals(forms.common, 2);
  beat("old", 1);
  beat("new", 3);
  assertEquals(forms.common, 1);
  clock.advance(limits.storeFormQuietMs - 1);
  assertEquals(forms.common, 1);
  clock.advance(1 + limits.storeTickMs);
  assertEquals(forms.common, 2);
});

Deno.test("who says nothing, or nothing that makes sense, understands the first form", () => {
  for (const said of ["", "{}", '{"understands":"3"}', '{"understands":0}', "7", "\u00ff"]) {
    const { clock, forms, hear } = listening();
    clock.advance(limits.storeFormQuietMs);
    hear("beat", "odd", said);
    assertEquals(forms.common, 1, said);
  }
  const { clock, forms, hear, beat } = listening();
  clock.advance(limits.storeFormQuietMs);
  hear("batch", "busy", "");
  assertEquals(forms.common, 1);
  beat("busy", 2);
  clock.advance(limits.storeTickMs);
  hear("batch", "busy", ""); // what was said before still holds
  assertEquals(forms.common, 2);
});

Deno.test("a beat says what its writer understands", () => {
  const { clock, forms } = listening();
  const other = new Forms(1, () => clock.monotonic());
  clock.advance(limits.storeFormQuietMs);
  forms.hear({ kind: "beat", writer: "other", count: 1, after: 0, tag, body: other.beat });
  assertEquals(forms.common, 1);
});

Deno.test("points are known to all once everybody who is heard says so", () => {
  const { clock, forms, beat, hear } = listening();
  assertEquals(forms.allKnowPoints, false); // somebody may not have been heard yet
  clock.advance(limits.storeFormQuietMs);
  assertEquals(forms.allKnowPoints, true);
  beat("old", 2);
  assertEquals(forms.allKnowPoints, false);
  clock.advance(limits.storeFormQuietMs + limits.storeTickMs);
  hear("beat", "new", '{"understands":2,"points":true}');
  assertEquals(forms.allKnowPoints, true);
  hear("beat", "odd", '{"understands":2,"points":1}');
  assertEquals(forms.allKnowPoints, false);
});
