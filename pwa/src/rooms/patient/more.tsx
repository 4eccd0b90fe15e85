/** The patient's rooms beyond today; fetched as soon as today stands. */
import "../../ui/styles/answers.css";
import { useEffect } from "preact/hooks";
import { later } from "../../ui/later";
import { route } from "../../ui/route";
import { addWords, moreWords } from "../../words";
import { enMore } from "../../words/en-more";
import { enSafety } from "../../words/en-safety";
import { draftOf } from "./draft";
import { Exercise } from "./exercise";
import { Status } from "./help";
import { Log, lastSaved } from "./log";
import { Menu } from "./menu";
import { Morning } from "./morning";
import { Saved } from "./saved";
import { type PatientProps, Today } from "./today";

addWords(enMore);
addWords(enSafety);

const past = later(async () => {
  await moreWords("care");
  return (await import("./past")).Past;
});
const telling = later(async () => {
  await moreWords("care");
  return (await import("../telling")).Telling;
});
const messages = later(async () => {
  await moreWords("care");
  return (await import("../messages")).Messages;
});
const progress = later(async () => {
  await moreWords("care");
  return (await import("../progress")).Progress;
});
const install = later(async () => {
  await moreWords();
  return (await import("../install")).InstallRoom;
});
const lessons = later(async () => {
  await moreWords("care");
  return (await import("../lessons")).Lessons;
});

export function More(props: PatientProps) {
  const here = route.value;
  useEffect(() => void past.ready(), []);
  switch (here.room) {
    case "more":
      return <Menu key="more" {...props} />;
    case "status":
      return <Status key="status" client={props.client} />;
    case "exercise":
      return <Exercise key={`exercise${here.at}`} {...props} at={here.at} />;
    case "morning":
      return <Morning key="morning" {...props} />;
    case "days":
    case "print":
      return <past.Part key={here.room} {...props} />;
    case "each":
    case "told":
      return <telling.Part key={here.room} {...props} />;
    case "messages":
      return <messages.Part key={`messages${here.step}`} {...props} />;
    case "install":
      return <install.Part key="install" {...props} />;
    case "better":
      return <progress.Part key="better" {...props} />;
    case "cards":
      return <lessons.Part key={`cards${here.card}`} {...props} />;
    case "log":
      if (here.step === "saved" && lastSaved.value) return <Saved key="saved" {...props} />;
      // After a restart or a save there is nothing to go on with: begin again at today.
      if (here.step === "saved" || !canTell(here.step, props)) break;
      return <Log key={here.step} {...props} step={here.step} />;
  }
  return <Today key="today" {...props} />;
}

function canTell(step: string, { client, care }: PatientProps): boolean {
  return step === "done" || step === "before" || draftOf(care.circle, client.today.value).begun;
}
