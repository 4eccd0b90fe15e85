/** Whether help stands in the bars: for patients, and at the door, where it is not known who is there. */
import { signal } from "@preact/signals";

export const forPatients = signal(true);
