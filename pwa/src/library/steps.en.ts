import { ownTexts, textsLanguage } from "./texts";

/**
 * Three short lines for each exercise, English, at most 15 words a line, in own words.
 *
 * A text is data: it has an id, a source and a state. No clinician has signed these yet.
 */
export const STEPS: Readonly<Record<string, readonly string[]>> = {
  bk01: [
    "Lie on your back, knees bent.",
    "Press the small of your back gently into the floor.",
    "Hold, then let go slowly.",
  ],
  bk02: [
    "Lie on your back, knees bent.",
    "Pull one knee toward your chest with both hands.",
    "Hold, lower, change legs.",
  ],
  bk03: [
    "Go on hands and knees.",
    "Round your back up like a cat.",
    "Then let your belly sink. Move slowly.",
  ],
  bk04: [
    "Lie on your back, knees bent, feet flat.",
    "Push through your heels and lift your hips.",
    "Lower slowly.",
  ],
  bk05: [
    "Lie on your back, knees bent, feet flat.",
    "Lift your hips, then straighten one knee.",
    "Keep your hips level. Lower slowly.",
  ],
  bk06: [
    "Go on hands and knees.",
    "Reach one arm forward and the other leg back.",
    "Keep your back still. Change sides.",
  ],
  bk07: [
    "Lie on your back, hips and knees bent, feet up.",
    "Lower one heel to touch the floor.",
    "Bring it back. Change legs. Keep breathing.",
  ],
  bk08: [
    "Lie on your side on your elbow, knees bent.",
    "Lift your hips so your body is straight.",
    "Hold. Change sides.",
  ],
  bk09: [
    "Lie on your front.",
    "Prop up on your elbows and let your back relax.",
    "Stop if pain goes further down the leg.",
  ],
  bk10: [
    "Walk at a pace where you can still talk.",
    "Look ahead and let your arms swing.",
    "Rest when you need to.",
  ],
  nk01: [
    "Sit tall and look straight ahead.",
    "Slide your chin straight back, not down.",
    "Hold and let go.",
  ],
  nk02: [
    "Sit tall.",
    "Turn your head to look over one shoulder until it feels tight.",
    "Hold, come back, other side.",
  ],
  nk03: [
    "Sit tall and hold the chair with one hand.",
    "Tip your head away from that hand.",
    "Hold a gentle stretch.",
  ],
  nk04: [
    "Lie on your back, tuck your chin a little.",
    "Lift your head just off the floor.",
    "Keep the chin tucked. Lower slowly.",
  ],
  nk05: [
    "Sit tall. Put your hand on the side of your head.",
    "Push head and hand against each other. Do not move.",
    "Hold, let go, then the other side.",
  ],
  nk06: [
    "Sit tall, arms by your side.",
    "Pull both shoulder blades back and down.",
    "Hold, then relax.",
  ],
  sh01: [
    "Lean on a table with your good arm.",
    "Let the sore arm hang loose.",
    "Swing it gently in small circles.",
  ],
  sh02: [
    "Sit at a table, hand on a cloth.",
    "Slide your hand forward until you feel a stretch.",
    "Slide back.",
  ],
  sh03: [
    "Face a wall, forearms on the wall.",
    "Slide your hands up as high as comfortable.",
    "Slide down slowly.",
  ],
  sh04: [
    "Stand beside a wall, elbow bent, arm at your side.",
    "Press the back of your hand into the wall.",
    "Hold. Do not move the arm.",
  ],
  sh05: [
    "Hold a band, elbows at your sides, bent.",
    "Turn the forearm outward.",
    "Come back slowly.",
  ],
  sh06: [
    "Tie a band at elbow height.",
    "Pull your elbows back, squeeze the shoulder blades.",
    "Let go slowly.",
  ],
  sh07: [
    "Hands on a wall at shoulder height.",
    "Bend your elbows to bring your chest near the wall.",
    "Push back.",
  ],
  hp01: [
    "Lie on your side, knees bent, feet together.",
    "Open the top knee like a clam shell.",
    "Keep your hips still. Close slowly.",
  ],
  hp02: [
    "Stand and hold a chair.",
    "Lift one leg out to the side, toes forward.",
    "Lower slowly. Stand tall.",
  ],
  hp03: ["Stand and hold a chair.", "Move one straight leg behind you.", "Do not lean forward."],
  hp04: ["Sit tall on a firm chair.", "Lift one knee, then the other.", "Keep your back straight."],
  hp05: [
    "Hold a chair. Put one foot well behind.",
    "Bend the front knee until the front of the back hip pulls.",
    "Hold. Change legs.",
  ],
  hp06: [
    "Sit on the edge of a chair, one leg straight.",
    "Lean forward from the hips, back straight.",
    "Hold a gentle pull.",
  ],
  kn01: [
    "Sit on the floor, a rolled towel under your knee.",
    "Push the knee down and tighten the thigh.",
    "Hold and let go.",
  ],
  kn02: [
    "Lie on your back, one knee bent.",
    "Tighten the other thigh and lift that leg to the same height.",
    "Lower slowly.",
  ],
  kn03: [
    "Lie on your back, legs straight.",
    "Slide your heel toward you to bend the knee.",
    "Slide back.",
  ],
  kn04: ["Sit on a chair.", "Straighten one knee and hold.", "Lower slowly."],
  kn05: [
    "Sit near the front of a firm chair.",
    "Lean forward and stand up.",
    "Sit down slowly. Use your hands if you need to.",
  ],
  kn06: [
    "Stand and hold a table.",
    "Bend your knees a little, as if to sit.",
    "Knees over toes. Stand up.",
  ],
  kn07: [
    "Stand in front of a low step.",
    "Step up with one foot and straighten the knee.",
    "Step down slowly.",
  ],
  kn08: [
    "Stand with your back on a wall, feet forward.",
    "Slide down a little and hold.",
    "Slide up.",
  ],
  an01: [
    "Sit with your leg up on a second chair.",
    "Pull your toes toward you, then point them away.",
    "Keep moving.",
  ],
  an02: [
    "Hands on a wall, one foot back, heel down.",
    "Lean forward until the calf pulls.",
    "Hold. Change legs.",
  ],
  an03: ["Stand and hold a chair.", "Rise on your toes.", "Lower slowly."],
  an04: [
    "Sit, loop a band around both feet.",
    "Turn one foot outward against the band.",
    "Come back slowly.",
  ],
  an05: ["Stand on one leg and hold a chair.", "Rise on your toes.", "Lower slowly."],
  ba01: [
    "Stand near a table. Put one foot right in front of the other.",
    "Look ahead and hold.",
    "Change feet.",
  ],
  ba02: ["Stand near a table.", "Lift one foot. Hold on only if you must.", "Change legs."],
  ba03: [
    "Walk along a table.",
    "Put each heel in front of the other toes.",
    "Ten steps, turn, walk back.",
  ],
  ba04: ["Stand tall along a table.", "Take ten steps to one side.", "Then ten steps back."],
};

/** A text with what is known about it. */
export interface LibraryText {
  /** Exercise, kind, language and version; a changed text is another version. */
  readonly id: string;
  readonly lines: readonly string[];
  readonly source: string;
  /** "approved" once a clinician has signed this version. */
  readonly state: "not_approved" | "approved";
}

/** The lines of an exercise; undefined for one of a newer library. */
export function textOf(exercise: string): LibraryText | undefined {
  const english = STEPS[exercise];
  if (!english) return undefined;
  const own = ownTexts(exercise)?.slice(1);
  const [language, lines] = own ? [textsLanguage(), own] : ["en", english];
  return {
    id: `${exercise}.steps.${language}.1`,
    lines,
    source: "own words",
    state: "not_approved",
  };
}
