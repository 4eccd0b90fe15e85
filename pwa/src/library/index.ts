/**
 * The exercises by id: what they are called. Lines and key frames are files of their own, since the
 * first screen needs only names and pictures.
 */
import { NAMES } from "./names.en";
import { ownTexts } from "./texts";

/** The name of an exercise; an unknown id (a newer library) is shown as it is. */
export function exerciseName(exercise: string): string {
  return ownTexts(exercise)?.[0] ?? NAMES[exercise] ?? exercise;
}
