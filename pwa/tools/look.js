/**
 * What an eye should not have to find on a screen, measured in the page by `shots.py`.
 *
 * Evaluates to a function of the language's script ("Latn" when Latin letters belong there) that
 * returns one line per fault.
 */
(script) => {
  const TAP_PX = 47.5;
  /** Smallest letters, px. */
  const SMALL_PX = 11.9;
  /** Marks above and below the letters need this much line, as a multiple of the letters. */
  const LINE_MIN = { Deva: 1.3, Arab: 1.3 };
  /** Words of ordinary length, without a place where they may part. */
  const WORD = /(?<![\p{L}\p{M}\u00ad])[\p{L}\p{M}]{2,11}(?![\p{L}\p{M}\u00ad])/gu;
  /** A number with its unit. */
  const UNIT = /\d\s(s|min|h|kg|[kM]B|[ap]\.?\s?m\.?|से॰|मि॰|ث|د|م|ص)(?![\p{L}\p{M}])/giu;
  const found = new Set();
  const pageWidth = document.documentElement.clientWidth;
  const say = (fault, text) =>
    found.add(`${fault}: ${text.trim().replace(/\s+/g, " ").slice(0, 48)}`);
  const nameOf = (e) => e.getAttribute("aria-label") || e.textContent || e.id || e.className;
  const styles = new Map();
  const styleOf = (e) => {
    if (!styles.has(e)) styles.set(e, getComputedStyle(e));
    return styles.get(e);
  };
  const px = (length) => Number.parseFloat(length) || 0;
  function* above(e) {
    for (let up = e; up && up !== document.body; up = up.parentElement) yield up;
  }
  const isSeen = (e) =>
    e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !e.closest(".vh, [hidden], title, datalist, option") &&
    [...above(e)].every((up) => styleOf(up).clipPath === "none");

  if (document.documentElement.scrollWidth > pageWidth)
    say("page is too wide", `${document.documentElement.scrollWidth - pageWidth} px`);

  const targets = [...document.querySelectorAll("button, a, input, select, textarea, summary")];
  for (const e of targets) {
    const box = e.getBoundingClientRect();
    if (!box.width || !isSeen(e) || e.type === "file") continue;
    const size = `${Math.round(box.width)}x${Math.round(box.height)}`;
    if (box.width < TAP_PX || box.height < TAP_PX) say(`target ${size}`, nameOf(e));
    const isField = /INPUT|SELECT|TEXTAREA/.test(e.tagName);
    if (!isField && e.scrollWidth > e.clientWidth + 1) say("text runs out of", nameOf(e));
    const under = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const mine =
      !under || e.contains(under) || under.contains(e) || under.closest("label")?.contains(e);
    if (!mine) say("target lies under something", nameOf(e));
  }

  /** Boxes of words, line by line, with the element whose words they are. */
  const lines = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const e = node.parentElement;
    const text = node.textContent ?? "";
    if (!text.trim() || !e || !isSeen(e) || e.closest("script, style")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter(
      ({ width, height }) => width > 1 && height > 1,
    );
    for (const box of boxes) lines.push({ e, box, text });
    judge(e, text, boxes);
  }

  function judge(e, text, boxes) {
    if (/^[a-z]+(\.[a-zA-Z]+)+$/.test(text.trim()) && !e.closest(".findings"))
      say("a word is missing", text);
    const style = styleOf(e);
    const size = px(style.fontSize);
    const inDrawing = e.closest("svg");
    if (!inDrawing && size < SMALL_PX) say(`letters of ${size.toFixed(1)} px`, text);
    const rows = new Set(boxes.map(({ top }) => Math.round(top)));
    const least = LINE_MIN[script];
    if (least && !inDrawing && rows.size > 1 && px(style.lineHeight) < size * least)
      say(`lines ${(px(style.lineHeight) / size).toFixed(2)} apart`, text);
    if (style.textOverflow === "ellipsis" && e.scrollWidth > e.clientWidth)
      say("text ends in dots", text);
    if (rows.size > 1) {
      for (const word of parted(e, text, WORD)) say("a word is broken", word);
      for (const word of parted(e, text, UNIT)) say("a unit stands alone", word);
    }
    if (rows.size > 2 && e.closest(".bar")) say(`the bar has ${rows.size} lines`, text);
    const isForeign = script !== "Latn" && !/\P{ASCII}/u.test(text.replace(/[“”‘’…–·]/g, ""));
    if (isForeign && /([a-z]{2,} ){4}/.test(text) && !e.closest("[dir=auto], .code, .findings"))
      say("words of another language", text);
    for (const box of boxes) within(e, text, box);
  }

  /** What `pattern` finds in the text of `e` and stands on two lines. */
  function* parted(e, text, pattern) {
    const node = [...e.childNodes].find((child) => child.textContent === text);
    if (e.closest(".code, .findings") || !node) return;
    for (const { 0: word, index } of text.matchAll(pattern)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const tops = new Set([...range.getClientRects()].map(({ top }) => Math.round(top / 4)));
      if (tops.size > 1) yield word;
    }
  }

  function within(e, text, box) {
    const scrolls = [...above(e)].some((up) => /auto|scroll/.test(styleOf(up).overflowX));
    if (!scrolls && (box.left < -1 || box.right > pageWidth + 1)) say("text leaves the page", text);
    for (const up of above(e)) {
      const style = styleOf(up);
      const frame = up.getBoundingClientRect();
      const cuts = /hidden|clip/.test(style.overflowX + style.overflowY);
      const isBox =
        px(style.borderTopWidth) > 0 || !/, 0\)$|transparent/.test(style.backgroundColor);
      if (!(cuts || isBox) || style.display === "inline" || up.closest("svg")) continue;
      const over = Math.max(frame.left - box.left, box.right - frame.right);
      const slack = box.height * 0.25;
      const high = Math.max(frame.top - box.top, box.bottom - frame.bottom);
      if (over > 1.5 || high > slack)
        say(cuts ? "text is cut" : "text sticks out of its box", text);
      if (/auto|scroll/.test(style.overflowX + style.overflowY)) return;
    }
  }

  const blockOf = (e) => [...above(e)].find((up) => styleOf(up).display !== "inline");
  const layerOf = (e) =>
    [...above(e)].find((up) => /sticky|fixed|absolute/.test(styleOf(up).position));
  const INK = 0.3;
  for (const [at, { e, box, text }] of lines.entries()) {
    for (const other of lines.slice(at + 1)) {
      const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const top = Math.max(box.top + box.height * INK, other.box.top + other.box.height * INK);
      const end = Math.min(
        box.bottom - box.height * INK,
        other.box.bottom - other.box.height * INK,
      );
      if (wide < 2 || end - top < 1 || blockOf(e) === blockOf(other.e)) continue;
      if (layerOf(e) === layerOf(other.e))
        say("texts overlap", `${text.trim().slice(0, 20)} / ${other.text}`);
    }
  }
  return [...found];
};
