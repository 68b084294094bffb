// Looks at a page for what keeps people from reading it: the main rules of WCAG
// 2.1 AA that a machine can check. Gives a list of faults.
(() => {
  const faults = [];
  const say = (fault, el) => faults.push(fault + ": " + (el ? el.outerHTML.slice(0, 120) : ""));
  const all = (selector) => [...document.querySelectorAll(selector)];
  const name = (el) => (el.getAttribute("aria-label") || el.textContent || "").trim();

  if (!document.documentElement.lang) say("no language");
  if (!document.title) say("no title");
  if (all("h1").length !== 1) say("there are " + all("h1").length + " main headings");
  for (const landmark of ["header", "nav", "main", "footer"]) {
    if (all(landmark).length !== 1) say("no " + landmark);
  }
  let level = 0;
  for (const h of all("h1, h2, h3, h4")) {
    const n = Number(h.tagName[1]);
    if (n > level + 1) say("a heading skips a level", h);
    level = n;
  }
  const ids = all("[id]").map((el) => el.id);
  for (const id of new Set(ids)) if (ids.filter((x) => x === id).length > 1) say("two have the id " + id);
  for (const el of all("input:not([type=hidden]), select, textarea")) if (!el.labels.length && !el.getAttribute("aria-label")) say("a field without a label", el);
  for (const el of all("a[href], button")) if (!name(el)) say("a link or button without a name", el);
  for (const el of all("[role=img]")) if (!name(el)) say("a picture without words", el);
  for (const el of all("svg:not([role=img]):not([aria-hidden])")) if (!el.closest("svg[role=img], svg[aria-hidden]")) say("a picture neither named nor hidden", el);
  for (const el of all("[aria-labelledby]")) for (const id of el.getAttribute("aria-labelledby").split(" ")) if (!document.getElementById(id)) say("labelled by nothing", el);
  for (const table of all("table")) {
    if (!table.caption) say("a table without a caption", table);
    for (const th of table.querySelectorAll("th")) if (!th.scope) say("a heading without a scope", th);
  }
  if (all("th[aria-sort]").length > all("table").length) say("two columns are sorted by");
  for (const el of all("[tabindex]")) if (el.tabIndex > 0) say("the order of the keyboard is bent", el);
  if (document.documentElement.scrollWidth > innerWidth) say("wider than the window by " + (document.documentElement.scrollWidth - innerWidth));

  // Contrast of text against the nearest background (WCAG 2.1, 1.4.3).
  const rgb = (text) => {
    const n = (text.match(/[\d.]+/g) || []).map(Number);
    return { r: n[0], g: n[1], b: n[2], a: n.length > 3 ? n[3] : 1 };
  };
  const channel = (c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const light = (c) => 0.2126 * channel(c.r) + 0.7152 * channel(c.g) + 0.0722 * channel(c.b);
  const behind = (el) => {
    for (let at = el; at; at = at.parentElement) {
      const c = rgb(getComputedStyle(at).backgroundColor);
      if (c.a === 1) return c;
    }
    return { r: 255, g: 255, b: 255, a: 1 };
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const el = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !el.getClientRects().length || el.closest(".out, .skip, script, title")) continue;
    const style = getComputedStyle(el);
    const inSVG = el.namespaceURI.endsWith("svg");
    if (style.visibility === "hidden" || inSVG && !style.fill.startsWith("rgb")) continue;
    const [x, y] = [light(rgb(inSVG ? style.fill : style.color)), light(behind(el))];
    const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
    if (ratio < (large ? 3 : 4.5)) say("contrast of " + ratio.toFixed(2), el);
  }
  return [...new Set(faults)];
})();
