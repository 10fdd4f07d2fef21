/**
 * What is used of highlight.js. Its own types bring those of browsers into every check.
 *
 * @module
 */

/** The highlighter, and the definitions of its languages. */
declare const highlighter: {
  /** Makes a language known. */
  registerLanguage(name: string, language: unknown): void;
  /** Gives HTML, with a `span` for each part in color. */
  highlight(text: string, options: { language: string }): { value: string };
};
export default highlighter;
