/**
 * The exercises by id: what they are called. Lines and key frames are files of their own, since the
 * first screen needs only names and pictures.
 */
import { NAMES } from "./names.en";

/** The name of an exercise; an unknown id (a newer library) is shown as it is. */
export function exerciseName(exercise: string): string {
  return NAMES[exercise] ?? exercise;
}
