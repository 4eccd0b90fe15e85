/**
 * What a keyboard needs of a screen, held against it by `shots.py`: Tab reaches everything that a
 * finger does, from top to bottom, and what has the focus can be seen.
 *
 * Evaluates to a function. Called with nothing it begins to listen and returns how often Tab has to
 * be pressed; called with "found" after that, it returns one line per fault.
 */
(asked) => {
  const KINDS = "button, a[href], input, select, textarea, summary, [tabindex='0']";
  const nameOf = (e) =>
    (e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent || e.id)
      .trim()
      .replace(/\s+/g, " ")
      .slice(0, 48);
  if (asked === "found") {
    const { targets, plain, reached, stop } = window.reach;
    stop();
    const faults = [];
    for (const e of targets) if (!reached.has(e)) faults.push(`Tab does not reach: ${nameOf(e)}`);
    for (const [e, { shadow, outline }] of reached)
      if (!outline && shadow === plain.get(e)) faults.push(`focus can not be seen: ${nameOf(e)}`);
    const way = [...reached];
    for (const [at, [e, { top, layer }]] of way.entries()) {
      const [, before] = way[at - 1] ?? [];
      const box = e.getBoundingClientRect();
      const isBelow = before && before.layer === layer && before.left < box.right;
      if (isBelow && before.right > box.left && top < before.top - box.height / 2)
        faults.push(`Tab goes up to: ${nameOf(e)}`);
    }
    return faults;
  }
  const isThere = (e) =>
    e.checkVisibility({ visibilityProperty: true }) &&
    !e.disabled &&
    // Of radio buttons, and of what stands in for them, Tab finds one; arrows do the rest.
    e.type !== "radio" &&
    !(e.tabIndex < 0 && e.closest("[role='radiogroup'], [role='tablist'], [role='listbox']")) &&
    e.type !== "file" &&
    !e.closest("[inert]");
  const targets = [...document.querySelectorAll(KINDS)].filter(isThere);
  const plain = new Map(targets.map((e) => [e, getComputedStyle(e).boxShadow]));
  const reached = new Map();
  const layerOf = (e) => {
    for (let up = e; up; up = up.parentElement)
      if (/sticky|fixed/.test(getComputedStyle(up).position)) return up;
    return null;
  };
  const note = ({ target: e }) => {
    if (reached.has(e)) return;
    const style = getComputedStyle(e);
    const { top, left, right } = e.getBoundingClientRect();
    const outline = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0;
    const at = { top: top + scrollY, left, right, layer: layerOf(e) };
    reached.set(e, { shadow: style.boxShadow, outline, ...at });
  };
  document.addEventListener("focusin", note);
  window.reach = {
    ...{ targets, plain, reached },
    stop: () => document.removeEventListener("focusin", note),
  };
  // From the very top, whatever had the focus.
  const top = document.createElement("i");
  top.tabIndex = -1;
  document.body.prepend(top);
  top.focus();
  reached.clear();
  top.remove();
  // A date or a time is several stops: its numbers one by one, and its calendar.
  const parted = targets.filter(({ type }) => type === "date" || type === "time");
  return targets.length + 4 * parted.length;
};
