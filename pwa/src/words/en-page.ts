/** The English words of the page for browsers that can not run the app; it is written at build. */
export const enPage = {
  "page.title": "This browser can not keep your records",
  "page.why": "It may be too old. Or this is a private window.",
  "page.how": "Open this address in a new Chrome, Firefox or Safari. An iPhone needs iOS 16.4.",
  "page.paper": "Until then, ask your therapist for the plan on paper.",
  "page.opening": "The app does not open?",
};
