
"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const names = ["q", "severity", "verdict", "service"];
  const output = form.querySelector("output");
  const cards = [...document.querySelectorAll("article")];
  const texts = new Map(cards.map((card) => {
    const home = card.parentElement.querySelector("h3").textContent;
    return [card, `${home} ${card.textContent}`.toLowerCase()];
  }));
  const asked = () => Object.fromEntries(names.map((name) => [name, form.elements[name].value.trim()]));

  const fits = (card, wanted) =>
    wanted.q.toLowerCase().split(/\s+/).every((word) => texts.get(card).includes(word)) &&
    names.slice(1).every((name) => !wanted[name] || card.dataset[name] === wanted[name]);

  const apply = () => {
    const wanted = asked();
    for (const card of cards) card.hidden = !fits(card, wanted);
    for (const home of document.querySelectorAll(".home")) {
      home.hidden = !home.querySelector("article:not([hidden])");
    }
    const left = cards.filter((card) => !card.hidden).length;
    output.textContent = `${left} of ${cards.length} findings shown`;
    label();
  };

  const unfold = document.getElementById("unfold");
  const folds = () => cards.filter((card) => !card.hidden).map((card) => card.querySelector("details"));
  const label = () => {
    unfold.textContent = folds().every((fold) => fold.open) ? "Fold" : "Unfold";
  };
  const toggle = () => {
    const open = folds().some((fold) => !fold.open);
    for (const fold of folds()) fold.open = open;
    label();
  };

  const remember = () => {
    const pairs = Object.entries(asked()).filter(([, value]) => value);
    const hash = pairs.length ? `#${new URLSearchParams(pairs)}` : "#findings";
    history.replaceState(null, "", hash);
  };

  const follow = () => {
    const hash = location.hash.slice(1);
    const card = /^f\d+$/.test(hash) && document.getElementById(hash);
    if (card) {
      if (card.hidden) {
        for (const name of names) form.elements[name].value = "";
        apply();
      }
      card.querySelector("details").open = true;
      card.scrollIntoView();
      card.querySelector("summary").focus({ preventScroll: true });
    }
    if (!hash.includes("=")) return;
    const given = new URLSearchParams(hash);
    for (const name of names) form.elements[name].value = given.get(name) || "";
    apply();
  };

  form.hidden = false;
  form.addEventListener("input", () => { apply(); remember(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { apply(); remember(); }));
  unfold.addEventListener("click", toggle);
  let due = 0; // once for however many are toggled together
  document.addEventListener("toggle", () => {
    clearTimeout(due);
    due = setTimeout(label, 50);
  }, true);
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = folds().filter((fold) => !fold.open);
    for (const fold of folded) fold.open = true;
  });
  window.addEventListener("afterprint", () => { for (const fold of folded) fold.open = false; });
  window.addEventListener("hashchange", follow);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      form.elements.q.focus();
    } else if (event.key === "Escape" && form.contains(event.target)) {
      form.reset();
    }
  });
  apply();
  follow();
})();
