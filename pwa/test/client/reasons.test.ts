/** What is wrong is said in the language of the person, in English while its words are not there. */
import { afterEach, expect, test } from "vitest";
import { alarmOf, condition, reasonOfRefusal, wordsOfAlarm } from "../../src/client/reasons.ts";
import { english, speakLanguage } from "../../src/words/index.ts";

const SPANISH = {
  "alarm.out": "Este teléfono ya no puede entrar.",
  "alarm.gapOf": "Faltan registros de {name}.",
  "alarm.busy": "El servidor no puede responder ahora.",
  "refused.limit": "No hay sitio para más.",
};

function lacking(device: string) {
  return {
    found: [{ code: "gap", device }],
    receipts: { twice: false },
    isWhole: true,
    nameOfDevice: (id: string) => (id === "" ? "" : "Amina"),
  };
}

const said = () => [
  wordsOfAlarm("alarm.out"),
  alarmOf(lacking("phone"), [], false),
  condition("busy", "").reason,
  reasonOfRefusal("limit"),
];

afterEach(() => speakLanguage(english([])));

test("alarms and refusals are said in the language that is spoken", () => {
  speakLanguage({ tag: "es", locale: "es", dir: "ltr", words: SPANISH });
  expect(said()).toEqual([
    "Este teléfono ya no puede entrar.",
    "Faltan registros de Amina.",
    "El servidor no puede responder ahora.",
    "No hay sitio para más.",
  ]);
});

test("and in English until its words are there", () => {
  speakLanguage({ tag: "es", locale: "es", dir: "ltr", words: {} });
  expect(said()).toEqual([
    "This phone is no longer let in. Please ask your clinic.",
    "Some records of Amina are missing on the server. Please ask your clinic.",
    "The clinic's server cannot answer right now. Your records are kept.",
    "The clinic's server has no room for more right now.",
  ]);
});

test("without a name, and for a code that nobody knows, there are words too", () => {
  expect(alarmOf(lacking(""), [], false)).toBe(
    "Some records are missing on the server. Please ask your clinic.",
  );
  expect(reasonOfRefusal("tomorrow")).toBe("The clinic's server did not take this.");
  expect(condition("idle", "")).toEqual({ state: "idle", reason: "" });
});
