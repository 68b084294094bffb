// A little comfort. Everything works without it.
"use strict";
(() => {
  const status = document.getElementById("status");

  // A choice in a filter shows at once; the button stays for the keyboard.
  document.addEventListener("change", (e) => {
    const form = e.target.closest("form.filters");
    if (form && e.target.matches("select")) form.requestSubmit();
  });

  // Fields that say nothing stay out of the address.
  document.addEventListener("submit", (e) => {
    for (const field of e.target.querySelectorAll("input, select")) {
      if (field.name && field.value === "") field.disabled = true;
    }
  });
  addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("form.filters :disabled")) field.disabled = false;
  });

  // A slash goes to the search field.
  document.addEventListener("keydown", (e) => {
    const search = document.getElementById("q");
    const writing = e.target.closest("input, select, textarea");
    if (e.key === "/" && search && !writing && !e.ctrlKey && !e.metaKey && !e.altKey) {
      e.preventDefault();
      search.focus();
    }
  });

  // Times say on hover what they are where the reader is.
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  const tellTimes = () => {
    for (const t of document.querySelectorAll("time[datetime]")) {
      const at = new Date(t.dateTime);
      if (!Number.isNaN(at.getTime())) t.title = local.format(at);
    }
  };
  tellTimes();

  // A live page looks for a newer one and takes its content over, unless somebody
  // is at work in it.
  if (document.body.hasAttribute("data-live")) {
    const every = Number(document.body.dataset.live) || 30000;
    let tag = "";
    const ask = (method) => fetch(location.href, { method, headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
    ask("HEAD").then((first) => { tag = first.headers.get("ETag") || ""; }).catch(() => {});
    const look = async () => {
      if (document.hidden) return;
      const asked = await ask("GET");
      if (asked.status !== 200) return;
      tag = asked.headers.get("ETag") || "";
      const fresh = new DOMParser().parseFromString(await asked.text(), "text/html");
      const main = document.getElementById("main");
      if (main.contains(document.activeElement) && document.activeElement !== main) return;
      main.replaceWith(document.importNode(fresh.getElementById("main"), true));
      const asOf = fresh.querySelector(".window");
      if (asOf) document.querySelector(".window")?.replaceWith(document.importNode(asOf, true));
      tellTimes();
      status.textContent = "Updated.";
    };
    setInterval(() => look().catch(() => { status.textContent = "The server can’t be reached; this is what it said last."; }), every);
  }
})();
