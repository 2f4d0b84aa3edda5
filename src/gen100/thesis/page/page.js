// The language that was asked for, remembered, or the browser's; and the cells that were chosen.
(() => {
  const root = document.documentElement;
  const languages = document.querySelectorAll("input[name=language]");

  function speak(language) {
    root.lang = language;
    document.getElementById(language === "uk" ? "ukrainian" : "english").checked = true;
    document.title = document.querySelector("title").dataset[language];
    for (const image of document.images) image.alt = image.dataset[language];
  }

  function remembered() {
    try { return localStorage.getItem("language"); } catch { return null; }
  }

  const asked = new URLSearchParams(location.search).get("lang") || /^#(?:lang=)?(en|uk)$/.exec(location.hash)?.[1];
  const known = [asked, remembered(), ...navigator.languages.map((name) => name.slice(0, 2))];
  speak(known.find((name) => name === "en" || name === "uk") || "en");
  for (const input of languages)
    input.addEventListener("change", () => {
      speak(input.value);
      try { localStorage.setItem("language", input.value); } catch { /* a page without storage forgets */ }
    });

  const choosers = document.getElementById("choosers");
  const cards = [...document.querySelectorAll(".card")];
  const names = ["model", "loss", "size"];

  function fits(card, chosen) {
    return names.every((name) => !chosen[name] || card.dataset[name] === chosen[name]);
  }

  function choose() {
    const chosen = Object.fromEntries(new FormData(choosers));
    for (const card of cards) card.hidden = !fits(card, chosen);
    for (const model of document.querySelectorAll(".model")) {
      const own = model.querySelectorAll(".card");
      model.hidden = [...own].every((card) => card.hidden) && (own.length > 0 || names.some((name) => chosen[name]));
    }
    document.getElementById("no-cell").hidden = cards.some((card) => !card.hidden);
    // Losses and sizes that the model chosen does not have.
    for (const input of choosers.elements)
      if (input.name === "loss" || input.name === "size")
        input.disabled =
          Boolean(input.value) && !cards.some((card) => fits(card, { model: chosen.model, [input.name]: input.value }));
  }

  function pick(model) {
    for (const input of choosers.elements)
      if (input.type === "radio") input.checked = input.value === (input.name === "model" ? model : "");
    choose();
  }

  choosers.hidden = false;
  choosers.addEventListener("change", (event) => {
    if (event.target.name === "model") pick(event.target.value);
    else choose();
  });
  pick(cards[0]?.dataset.model ?? "");

  // A link to a model's cells shows them.
  function follow() {
    const model = /^#cells-(.+)$/.exec(location.hash)?.[1];
    if (model) {
      pick(model);
      document.getElementById(`cells-${model}`)?.scrollIntoView();
    }
  }
  addEventListener("hashchange", follow);
  follow();
})();
