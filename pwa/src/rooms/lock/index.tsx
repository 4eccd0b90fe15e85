/** Locks and profiles; fetched when a profile is locked or somebody looks after that. */
import "../../ui/styles/lock.css";
import { addWords } from "../../words";
import { enLock } from "../../words/en-lock";

export { KeysNeeded } from "./keys";
export { Locked } from "./locked";
export { LockRoom, SomeoneNew } from "./room";

addWords(enLock);
