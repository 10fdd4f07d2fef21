/**
 * How wide the lines of clients are.
 *
 * @module
 */

/** The columns of a line, where its words leave a choice. */
export const LINE_WIDTH = 100;

/** The columns of a comment's text and its indentation. */
export const COMMENT_WIDTH = 96;
