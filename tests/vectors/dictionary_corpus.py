"""Records as people write them: many days, people and languages, the same for the same seed.

Free text is said once and by one seed only, then it is made of letters: a dictionary learns what
records share, not the few sentences that stand here.
"""

import json
import random
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

START_S = 1_795_000_000
EXERCISES = [
    "bk01",
    "bk02",
    "bk03",
    "bk04",
    "bk05",
    "bk06",
    "bk10",
    "nk01",
    "nk02",
    "nk03",
    "sh01",
    "sh02",
    "sh03",
    "sh04",
    "hp01",
    "hp02",
    "hp03",
    "kn01",
    "kn02",
    "kn03",
    "kn04",
    "kn05",
    "kn06",
    "an01",
    "an02",
    "an03",
    "an04",
    "ba01",
    "ba02",
    "ba03",
    "br01",
    "co01",
    "st01",
]
ZONES_MIN = (-480, -300, -180, 0, 60, 120, 180, 180, 240, 330, 345, 420, 480, 540)
NAMES = [
    "Amina Diallo",
    "Tomas Okeke",
    "Marta Lindqvist",
    "Wei Zhang",
    "Fatima al-Sayed",
    "Jonas Weber",
    "Olena Kovalenko",
    "प्रिया शर्मा",
    "Nguyễn Thị Lan",
    "Sara Haile",
    "João Pereira",
    "أحمد حسن",
    "Ayşe Yılmaz",
    "Grace Mwangi",
]
TITLES = [
    "Knee and back",
    "Ankle, after a sprain",
    "Shoulder",
    "Back, week 2",
    "Hip after surgery",
    "Balance",
    "Knie links",
    "Espalda y cadera",
    "कमर और घुटना",
    "Dos et genou",
    "Ombro direito",
    "الركبة والظهر",
    "Bel ve diz",
]
LOADS = ("yellow band", "red band", "green band", "2 kg", "5 kg", "rotes Band", "banda roja")
HINTS = [
    "Use a chair that does not roll.",
    "Stand next to a wall.",
    "Slowly down.",
    "Only as far as it is comfortable.",
    "Keep your heels on the floor.",
    "Langsam absenken.",
    "Nur so weit es geht.",
    "Despacio.",
    "Sin dolor.",
    "धीरे-धीरे करें।",
    "Lentement, sans douleur.",
    "Devagar.",
    "ببطء",
    "Yavaşça.",
]
SENTENCES = [
    "The pain is better than last week.",
    "The knee was stiff in the morning and settled after ten minutes.",
    "Keep sit to stand to two rounds this week.",
    "Well done, please go on like this.",
    "Call me if the pain goes above 5 again.",
    "From tomorrow do the heel raises on a step.",
    "Less swelling, full extension, flexion 110 degrees.",
    "Next visit on Tuesday.",
    "The exercises were too hard, so we start again with fewer repetitions.",
    "Slept badly because of the shoulder.",
    "Der Schmerz ist besser als letzte Woche.",
    "Das Knie war morgens steif.",
    "Bitte die Übungen täglich machen.",
    "Nächster Termin am Dienstag.",
    "Weniger Schwellung, Beugung 110 Grad.",
    "El dolor es menor que la semana pasada.",
    "Por favor, haga los ejercicios todos los días.",
    "La rodilla está menos hinchada.",
    "La próxima cita es el martes.",
    "दर्द पिछले हफ़्ते से कम है।",
    "घुटना सुबह अकड़ा हुआ था।",
    "कृपया हर दिन व्यायाम करें।",
    "अगली मुलाकात मंगलवार को है।",
    "La douleur a diminué depuis la semaine dernière.",
    "Le genou était raide le matin.",
    "Faites les exercices tous les jours, s'il vous plaît.",
    "A dor diminuiu desde a semana passada.",
    "Faça os exercícios todos os dias, por favor.",
    "الألم أقل من الأسبوع الماضي.",
    "يرجى القيام بالتمارين كل يوم.",
    "Ağrı geçen haftadan daha az.",
    "Lütfen egzersizleri her gün yapın.",
    "Maumivu yamepungua kuliko wiki iliyopita.",
    "Tafadhali fanya mazoezi kila siku.",
]
FREE_TEXTS = (NAMES, TITLES, HINTS, SENTENCES)


def token(dice: random.Random, size: int) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return "".join(letters[int(dice.random() * 64)] for _ in range(size))


def pick(dice: random.Random, choices: Any) -> Any:
    return choices[int(dice.random() * len(choices))]


def between(dice: random.Random, low: int, high: int) -> int:
    return low + int(dice.random() * (high - low + 1))


class Dice(random.Random):
    """Randomness, and free text that is said once."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._unsaid = {id(texts): list(texts[seed % 2 :: 2]) for texts in FREE_TEXTS}

    def say(self, texts: list[str]) -> str:
        unsaid = self._unsaid[id(texts)]
        if unsaid:
            return unsaid.pop(int(self.random() * len(unsaid)))
        letters = "eeeaaioutnrslhdmkpg    "
        return "".join(pick(self, letters) for _ in range(between(self, 8, 60)))


def answer(dice: random.Random) -> int | str:
    return "not_said" if dice.random() < 0.12 else between(dice, 0, 7)


def name_of(dice: random.Random, kind: str) -> str:
    month = f"{between(dice, 26, 28)}{between(dice, 1, 12):02d}"
    return f"{kind}:{month}:d{token(dice, 20)}:c{between(dice, 1, 900):06d}"


def when(dice: random.Random) -> Json:
    day_s = START_S + 86_400 * between(dice, 0, 700)
    date = f"202{between(dice, 6, 8)}-{between(dice, 1, 12):02d}-{between(dice, 1, 28):02d}"
    return {"day": date, "performed_at": day_s + between(dice, 0, 60_000)}


def session(dice: Dice) -> Json:
    rate = dice.random()
    done = "all" if rate < 0.7 else "some" if rate < 0.9 else "none"
    record: Json = {"type": "session", **when(dice), "plan": name_of(dice, "pl"), "done": done}
    record["items"] = []
    for _ in range(between(dice, 1, 6)):
        item: Json = {"exercise": pick(dice, EXERCISES), "sets_done": between(dice, 1, 3)}
        if dice.random() < 0.15:
            item["reps_done"] = between(dice, 1, 15)
        if done != "all" and dice.random() < 0.5:
            item["sets_done"] = between(dice, 0, 1)
            item["reason"] = pick(dice, ("too_hard", "pain", "not_understood", "no_time"))
        record["items"].append(item)
    asked = [name for name in ("before", "worst", "after") if dice.random() < 0.8]
    record["pain"] = {name: answer(dice) for name in asked}
    if dice.random() < 0.8:
        record["effort"] = answer(dice)
    if done != "all":
        record["reason"] = pick(dice, ("too_hard", "pain", "not_understood", "no_time"))
    return record


def pain(dice: Dice) -> Json:
    context = "morning" if dice.random() < 0.7 else "now"
    return {"type": "pain", **when(dice), "context": context, "score": answer(dice)}


def note(dice: Dice) -> Json:
    text = " ".join(dice.say(SENTENCES) for _ in range(between(dice, 1, 4)))
    record: Json = {"type": "note", "text": text}
    if dice.random() < 0.3:
        record["about"] = [name_of(dice, "ev")]
    return record


def dose(dice: Dice) -> Json:
    item: Json = {"exercise": pick(dice, EXERCISES), "sets": between(dice, 1, 3)}
    if dice.random() < 0.75:
        item["reps"] = pick(dice, (5, 8, 10, 10, 12, 15, 20))
    else:
        item["time_s"] = pick(dice, (20, 30, 30, 60, 600))
    item |= {"hold_s": pick(dice, (0, 0, 2, 3, 5, 10, 30)), "rest_s": pick(dice, (15, 30, 45, 60))}
    item["side"] = pick(dice, ("both", "both", "both", "each", "left", "right"))
    if dice.random() < 0.1:
        item["load"] = pick(dice, LOADS)
    if dice.random() < 0.15:
        item["note"] = dice.say(HINTS)
    return item


def plan(dice: Dice) -> Json:
    parents = [name_of(dice, "pl")] if dice.random() < 0.6 else []
    return {
        "type": "plan",
        "title": dice.say(TITLES),
        "parents": parents,
        "days_per_week": pick(dice, (3, 5, 7)),
        "items": [dose(dice) for _ in range(between(dice, 2, 7))],
        "pain_rule": {"go_max": pick(dice, (2, 2, 3)), "slow_max": 5},
    }


def profile(dice: Dice) -> Json:
    if dice.random() < 0.15:
        return {"type": "profile", "about": "clinic", "name": "Physiotherapie am Markt"}
    member = "m" + token(dice, 22)
    return {"type": "profile", "about": "member", "member": member, "name": dice.say(NAMES)}


def setting(dice: Dice) -> Json:
    values = {
        "language": pick(dice, ("en", "de", "es", "hi", "fr")),
        "remind_at": pick(dice, ("07:30", "18:00")),
    }
    return {"type": "set", "about": "member", "member": "m" + token(dice, 22), "values": values}


def amend(dice: Dice) -> Json:
    values = {"score": answer(dice)} if dice.random() < 0.5 else {"effort": answer(dice)}
    return {"type": "amend", "target": name_of(dice, "ev"), "values": values}


def void(dice: Dice) -> Json:
    return {"type": "void", "target": name_of(dice, "ev"), "reason": "mistake"}


def attachment(dice: Dice) -> Json:
    count = between(dice, 1, 3)
    return {
        "type": "attachment",
        "about": name_of(dice, "nt"),
        "media": pick(dice, ("image/jpeg", "image/png", "application/pdf", "audio/webm")),
        "name": pick(dice, ("IMG_2041.jpg", "letter.pdf", "photo.jpg", "Befund.pdf")),
        "size": between(dice, 20_000, 60_000 * count),
        "sha256": token(dice, 43),
        "key": token(dice, 43),
        "chunks": [token(dice, 43) for _ in range(count)],
    }


# How often each is written, roughly as in a year of a patient.
MAKERS: tuple[tuple[Callable[[Dice], Json], int], ...] = (
    (session, 10),
    (pain, 6),
    (note, 3),
    (plan, 3),
    (profile, 1),
    (setting, 1),
    (amend, 1),
    (void, 1),
    (attachment, 1),
)
KINDS = {"note": "nt", "plan": "pl", "profile": "pr", "set": "pr", "attachment": "at"}


def kind_of(record: Json) -> str:
    return KINDS.get(record["type"], "ev")


def records(seed: int, rounds: int) -> list[Json]:
    """So many rounds of all types; half of them in either order of members that programs write."""
    dice = Dice(seed)
    found = []
    for maker, times in MAKERS * rounds:
        for _ in range(times):
            draft = maker(dice)
            stamp = {
                "lam": between(dice, 1, 2000),
                "at": START_S + between(dice, 0, 60_000_000),
                "tz_min": pick(dice, ZONES_MIN),
            }
            found.append(draft | stamp if dice.random() < 0.5 else stamp | draft)
    return found


def body(record: Json) -> bytes:
    """As it stands in a frame."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
