/** Where on the body a question points to, so that it can be answered without reading all of it. */

/** What is seen of the body, and the yellow part of it. No face, front and back alike. */
const PLACES: Readonly<Record<string, { readonly window: string; readonly mark: string }>> = {
  saddle: {
    window: "10 62 100 84",
    mark: "M60 100c10 0 17 6 17 13s-7 11-17 11-17-4-17-11 7-13 17-13z",
  },
  bladder: { window: "10 62 100 84", mark: "M50 96a10 8 0 1 0 20 0a10 8 0 1 0-20 0" },
  bowel: { window: "10 62 100 84", mark: "M45 106a15 11 0 1 0 30 0a15 11 0 1 0-30 0M60 95v22" },
  sex: { window: "10 62 100 84", mark: "M53 109a7 8 0 1 0 14 0a7 8 0 1 0-14 0" },
  legs: { window: "0 82 120 116", mark: "M43 112h15l-2 78H42zM62 112h15l1 78H64z" },
  chest: { window: "0 0 120 96", mark: "M43 56a17 13 0 1 0 34 0a17 13 0 1 0-34 0" },
  speech: {
    window: "20 0 80 60",
    mark: "M52 15a3 3 0 1 0 6 0a3 3 0 1 0-6 0M62 15a3 3 0 1 0 6 0a3 3 0 1 0-6 0M55 24h10v3H55z",
  },
  head: { window: "10 0 100 72", mark: "M47 18a13 13 0 1 0 26 0a13 13 0 1 0-26 0" },
  fever: { window: "0 0 120 96", mark: "M96 14a5 5 0 0 1 10 0v42a9 9 0 1 1-10 0zM101 34v26" },
  joint: { window: "0 82 120 116", mark: "M59 150a12 12 0 1 0 24 0a12 12 0 1 0-24 0" },
  fall: { window: "0 82 120 116", mark: "M62 112h15l1 78H64zM84 142l14-8M86 156h14M84 168l13 8" },
  calf: { window: "0 82 120 116", mark: "M62 156q0-8 9-8t9 8l-2 24h-13z" },
  pregnant: { window: "0 30 120 96", mark: "M44 84a16 18 0 1 0 32 0a16 18 0 1 0-32 0" },
};

/** The picture of a question; nothing where it is about no place. */
export function PlaceOf({ question }: { question: string }) {
  const place = PLACES[question];
  if (!place) return null;
  return (
    <div class="stage">
      <svg class="fig body" viewBox={place.window} aria-hidden="true">
        <path class="f-limb" d="M38 46 29 78l-2 28M82 46l9 32 2 28" />
        <path class="f-limb leg" d="M50 106l-1 44-1 42M70 106l1 44 1 42" />
        <path class="f-cloth" d="M38 40q22-9 44 0l-5 38q3 14 4 32H39q1-18 4-32z" />
        <path class="f-near" d="M47 18a13 13 0 1 0 26 0a13 13 0 1 0-26 0" />
        <path class="f-work" d={place.mark} />
      </svg>
    </div>
  );
}
