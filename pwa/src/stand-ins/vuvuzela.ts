/**
 * In place of a JSON that can not run out of stack: rows of the database are a few levels deep, the
 * history of a record being one revision.
 */
export const { parse, stringify } = JSON;
export default JSON;
