/** Words of the page that is read before one leaves the clinic, English. */
import type { Forms } from "./forms";

export const enInstall = {
  "install.title": "Before you leave",
  "install.allDone": "All is on this phone. It works without a network.",
  "install.notYet": "Stay near the network until the first three lines have a tick.",
  "install.plan": "Your plan is here",
  "install.kept": "The app is on this phone",
  "install.sent": "The clinic knows this phone",
  "install.home": "The app is on your home screen",
  "install.add": "Put it on the home screen",
  "install.android": "Open the menu with three dots. Tap *Add to home screen*.",
  "install.ios": "Tap the share sign below: a box with an arrow. Then tap *Add to Home Screen*.",
  "install.iosWhy": "Do this on an iPhone. Otherwise it may clear your records after seven days.",
  "install.waits": "not yet",
  "install.spare": "if you like",
} as const satisfies Record<string, Forms>;
