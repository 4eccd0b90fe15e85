export function Lessons(_: object) { return null; }
