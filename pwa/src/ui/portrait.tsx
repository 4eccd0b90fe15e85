/** The picture names of profiles: a person who does not read finds "the leaf". */
import { t, type WordId } from "../words";

const PICTURES: Readonly<Record<string, { ground: string; lines: string; dot?: string }>> = {
  hill: {
    ground: "M4 26a22 22 0 1 0 44 0a22 22 0 1 0-44 0",
    lines: "M10 34q16-22 32 0",
    dot: "M21 17a5 5 0 1 0 10 0a5 5 0 1 0-10 0",
  },
  leaf: {
    ground:
      "M15 5h22a10 10 0 0 1 10 10v22a10 10 0 0 1-10 10H15A10 10 0 0 1 5 37V15A10 10 0 0 1 15 5",
    lines: "M26 40V22M26 28q-12 0-12-13 12 0 12 13zM26 24q0-11 12-13 0 13-12 13z",
  },
  river: { ground: "M26 4 48 26 26 48 4 26z", lines: "M16 29q5-5 10 0t10 0M16 22q5-5 10 0t10 0" },
  sun: {
    ground: "M26 3 46 14.5v23L26 49 6 37.5v-23z",
    lines:
      "M26 11v4M26 37v4M11 26h4M37 26h4M15.500 15.500l3 3M33.500 33.500l3 3M15.500 36.500l3-3M33.500 18.500l3-3",
    dot: "M20 26a6 6 0 1 0 12 0a6 6 0 1 0-12 0",
  },
  boat: {
    ground: "M4 40V20a22 16 0 0 1 44 0v20a6 6 0 0 1-6 6H10a6 6 0 0 1-6-6",
    lines: "M13 33h26l-5 7H18zM26 33V13l11 15H26",
  },
  bird: {
    ground: "M26 4 49 46H3z",
    lines: "M15 38q2-12 13-12l6-4-2 6q0 10-11 10zM20 38v4M25 38v4",
  },
};

const FALLBACK = "hill";

export function Portrait({ picture }: { picture: string }) {
  const { ground, lines, dot } = PICTURES[picture] ??
    PICTURES[FALLBACK] ?? { ground: "", lines: "" };
  return (
    <svg class="portrait" viewBox="0 0 52 52" aria-hidden="true">
      <path class="ground" d={ground} />
      <path class="lines" d={lines} />
      {dot && <path class="dot" d={dot} />}
    </svg>
  );
}

/** How a picture is called. */
export function pictureName(picture: string): string {
  const known = picture in PICTURES ? picture : FALLBACK;
  return t(`picture.${known}` as WordId);
}
