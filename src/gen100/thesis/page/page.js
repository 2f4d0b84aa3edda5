// Shows the cells that were chosen. Without scripts all of them are shown.
(() => {
  const choosers = document.getElementById("choosers");
  const cards = [...document.querySelectorAll(".card")];
  const names = ["family", "loss", "size"];

  function fits(card, chosen) {
    return names.every((name) => !chosen[name] || card.dataset[name] === chosen[name]);
  }

  function choose() {
    const chosen = Object.fromEntries(new FormData(choosers));
    for (const card of cards) card.hidden = !fits(card, chosen);
    for (const family of document.querySelectorAll(".family"))
      family.hidden = [...family.querySelectorAll(".card")].every((card) => card.hidden);
    document.getElementById("no-cell").hidden = cards.some((card) => !card.hidden);
    // Losses and sizes that the chosen family does not have.
    for (const input of choosers.elements)
      if (input.name === "loss" || input.name === "size")
        input.disabled =
          Boolean(input.value) && !cards.some((card) => fits(card, { family: chosen.family, [input.name]: input.value }));
  }

  function pick(family) {
    for (const input of choosers.elements)
      if (input.type === "radio") input.checked = input.value === (input.name === "family" ? family : "");
    choose();
  }

  choosers.hidden = false;
  choosers.addEventListener("change", (event) => {
    if (event.target.name === "family") pick(event.target.value);
    else choose();
  });
  pick(cards[0]?.dataset.family ?? "");

  // A link to a family's cells shows them.
  function follow() {
    const family = /^#cells-(.+)$/.exec(location.hash)?.[1];
    if (family) {
      pick(family);
      document.getElementById(`cells-${family}`)?.scrollIntoView();
    }
  }
  addEventListener("hashchange", follow);
  follow();
})();
