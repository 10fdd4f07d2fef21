import { assertEquals } from "@std/assert";
import { chromium, ChromiumPage } from "./chromium.ts";
import { PASSWORD } from "./identity.ts";

/** HTML, a colour of the terminal, and a turn of the direction of writing. */
export const EVIL = "<b>x</b>\u001b[31m\u202egpj";

/** A test that is left out where there is no Chromium. */
export const browserTest = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, ignore: chromium === undefined, fn });

/** The first element that a selector finds, in the page. */
export const shown = (selector: string) => `document.querySelector(${JSON.stringify(selector)})`;

/** Its text. */
export const textOf = (selector: string) => `${shown(selector)}?.textContent`;

/** Opens the console of a server and signs in as an administrator. */
export async function openConsole(url: string): Promise<ChromiumPage> {
  const page = await ChromiumPage.open(`${url}/console`);
  await page.until(shown("#sign-in"));
  await page.evaluate(`${shown("[name=username]")}.focus()`);
  await page.type("root");
  await page.press("Tab");
  await page.type(PASSWORD);
  await page.press("Enter");
  await page.until(shown("canvas"));
  return page;
}

/** Looks at what was drawn, at two widths and in both colours; kept where somebody asks for it. */
export async function picture(page: ChromiumPage, name: string): Promise<void> {
  const directory = Deno.env.get("DARI_PICTURES");
  for (const scheme of ["light", "dark"] as const) {
    for (const [width, height] of [[1_280, 900], [390, 844]] as const) {
      await page.view({ width, height, scheme });
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      assertEquals(overflow, 0, `${name} at ${width} is too wide`);
      if (directory === undefined) continue;
      const bytes = Uint8Array.from(atob(await page.picture()), (each) => each.charCodeAt(0));
      await Deno.writeFile(`${directory}/console-${name}-${width}-${scheme}.png`, bytes);
    }
  }
  await page.view({ width: 1_280, height: 900, scheme: "light" });
}

/** Presses a button of a section, and says yes in the dialog that asks; it may have to be over. */
export async function pressAndConfirm(page: ChromiumPage, label: string, isOver = false) {
  const button = shown(`[aria-label="${label}"]`);
  await page.until(button);
  await page.evaluate(`${button}.click()`);
  await page.until(shown("dialog[open] .danger"));
  await page.evaluate(`${shown("dialog[open] .danger")}.click()`);
  if (isOver) await page.until(`${shown("dialog")} === null`);
}
