/**
 * The section of CHANGELOG.md that belongs to a release.
 *
 * @see {@link https://keepachangelog.com/en/1.1.0/ | Keep a Changelog}
 * @module
 */

import { DariError } from "../../base/errors.ts";

/**
 * Reads the section of one version, and refuses a changelog that is not ready for a release.
 *
 * @param text The changelog.
 * @param version The version, for instance `0.2.0`.
 * @returns What the section says, without its heading.
 * @throws {DariError} `failed_precondition` when there is no such section, it has no date, says
 * nothing, or something still stands under "Unreleased".
 */
export function readReleaseNotes(text: string, version: string): string {
  const sections = new Map<string, string>();
  for (const part of text.split(/^## /m).slice(1)) {
    const [heading = "", ...lines] = part.split("\n");
    sections.set(heading.trim(), lines.join("\n").trim());
  }
  const unreleased = [...sections].find(([heading]) => /^\[?unreleased\]?$/i.test(heading))?.[1];
  const [heading, notes] =
    [...sections].find(([heading]) => heading.replace(/[\[\]]/g, "").split(" ")[0] === version) ??
      [];
  const date = /^\[?[^\s\]]+\]? - (\d{4}-\d\d-\d\d)$/.exec(heading ?? "")?.[1];
  if (heading === undefined) throw unready(`it has no section "## [${version}] - YYYY-MM-DD"`);
  if (date === undefined || Number.isNaN(Date.parse(date))) {
    throw unready(`its section "## ${heading}" has no date; write "## [${version}] - YYYY-MM-DD"`);
  }
  if (!/^- /m.test(notes ?? "")) throw unready(`its section "## ${heading}" lists nothing`);
  if (unreleased !== undefined && /^- /m.test(unreleased)) {
    throw unready(`lines stand under "Unreleased"; move them to "## ${heading}"`);
  }
  return notes ?? "";
}

function unready(reason: string): DariError {
  return new DariError("failed_precondition", `CHANGELOG.md is not ready for a release: ${reason}`);
}
