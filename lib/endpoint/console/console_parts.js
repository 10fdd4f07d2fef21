// What the parts of the console share: elements, and how texts, times and numbers are shown.

/** Makes an element. Text stays text: nothing that a server says becomes markup. */
export function element(name, properties = {}, ...children) {
  const { attributes = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(name), rest);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

/** Characters that are not seen, or that change how others are read. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The text with such characters as escapes. */
export function readable(text) {
  return String(text).replaceAll(
    HIDDEN,
    (each) => `\\u{${each.codePointAt(0).toString(16).padStart(4, "0")}}`,
  );
}

/** A name or another text of somebody else: it does not turn the direction of what stands beside it. */
export function foreign(text) {
  return element("bdi", { textContent: readable(text) });
}

/** Several of them, with commas. */
export function foreignList(texts) {
  if (texts.length === 0) return none();
  return element("span", {}, ...texts.flatMap((text, at) => [at > 0 ? ", " : "", foreign(text)]));
}

/** Where there is nothing to show. */
export function none(text = "–") {
  return element("span", { className: "soft", textContent: text });
}

/** A word with a colour that says how good it is; the word alone says it too. */
export function badge(text, kind) {
  return element("span", { className: `badge ${kind}`, textContent: text });
}

const UNITS = [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]];

/** A time in two units: `3 d 4 h`. */
export function duration(ms) {
  let left = Math.max(0, Math.round(ms / 1_000));
  const parts = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(left / seconds);
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    left -= count * seconds;
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}

/** A moment: how far it is, and beside it when that is. */
export function moment(atMs, nowMs) {
  if (atMs === undefined || atMs === null) return none();
  const away = atMs - nowMs;
  const text = Math.abs(away) < 1_000
    ? "now"
    : away < 0
    ? `${duration(-away)} ago`
    : `in ${duration(away)}`;
  const date = new Date(atMs);
  return element("time", { dateTime: date.toISOString(), title: date.toLocaleString() }, text);
}

const SOON_MS = 7 * 86_400_000;

/** An end: it stands out where it is near. */
export function ending(atMs, nowMs) {
  const shown = moment(atMs, nowMs);
  if (atMs - nowMs < SOON_MS) shown.className = "near";
  return shown;
}

/** A number with at most three digits that matter. */
export function number(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** A size in bytes. */
export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  for (; value >= 1_024 && at < units.length - 1; at++) value /= 1_024;
  return `${number(value)} ${units[at]}`;
}

/** Milliseconds, in microseconds where they are few, and in seconds where they are many. */
export function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 1_000) return `${number(value / 1_000)} s`;
  return value < 1 ? `${number(value * 1_000)} µs` : `${number(value)} ms`;
}

/**
 * A table. On a narrow page its rows become blocks, and each cell has the name of its column; the
 * roles keep it a table for screen readers there.
 */
export function table(caption, columns, rows) {
  const head = columns.map(({ title, className = "" }) =>
    element("th", { scope: "col", className, attributes: { role: "columnheader" } }, title)
  );
  const body = rows.map((row) =>
    element(
      "tr",
      { attributes: { role: "row" } },
      ...columns.map(({ title, of, className = "" }) =>
        element("td", { className, attributes: { role: "cell", "data-title": title } }, of(row))
      ),
    )
  );
  return element(
    "table",
    { attributes: { role: "table" } },
    element("caption", { textContent: caption }),
    element(
      "thead",
      { attributes: { role: "rowgroup" } },
      element("tr", { attributes: { role: "row" } }, ...head),
    ),
    element("tbody", { attributes: { role: "rowgroup" } }, ...body),
  );
}

/** Tells something to everybody, also to those who do not see the page. */
export function say(text) {
  document.getElementById("said").textContent = text;
}

/** Tells of something wrong; nothing, where it is over. */
export function notice(text = "") {
  const place = document.getElementById("notice");
  if (place.textContent !== text) place.textContent = text;
  place.hidden = text === "";
}
