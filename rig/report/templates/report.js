"use strict";
// The page reads without this script; it only unfolds what a link points to and filters long lists.
(() => {
  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  if (location.hash) unfold();

  for (const tools of document.querySelectorAll(".tools")) {
    const list = document.getElementById(tools.dataset.list);
    const [input] = tools.getElementsByTagName("input");
    const [button] = tools.getElementsByTagName("button");
    const groups = [...list.querySelectorAll("details.group")];
    const items = [...list.querySelectorAll("[data-find]")];
    const wasOpen = groups.map((group) => group.open);
    const count = tools.querySelector("output");
    tools.hidden = false;
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const item of items) {
        const text = item.dataset.find.toLowerCase();
        item.hidden = !wanted.every((word) => text.includes(word));
        if (!item.hidden) shown += 1;
        const next = item.nextElementSibling;
        if (next && next.classList.contains("why")) next.hidden = item.hidden;
      }
      groups.forEach((group, index) => {
        if (group.dataset.find !== undefined) return;
        const found = group.querySelector("[data-find]:not([hidden])");
        group.hidden = !found;
        group.open = wanted.length ? Boolean(found) : wasOpen[index];
      });
      for (const section of list.getElementsByTagName("section")) {
        section.hidden = !section.querySelector("[data-find]:not([hidden])");
      }
      count.textContent = wanted.length ? `${shown} shown` : "";
    });
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-pressed") !== "true";
      for (const group of groups) group.open = open;
      button.setAttribute("aria-pressed", String(open));
      button.textContent = open ? "Fold all" : "Unfold all";
    });
  }
})();
