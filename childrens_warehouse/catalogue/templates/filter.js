"use strict";
(() => {
  const form = document.querySelector("form.filter");
  const rows = [...document.querySelectorAll("tr[data-words]")];
  const sections = [...document.querySelectorAll("section.area")];
  const apply = () => {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { area, state } = form.elements;
    let shown = 0;
    for (const row of rows) {
      const fits = words.every((word) => row.dataset.words.includes(word))
        && (!state.value || row.dataset.state === state.value)
        && (!area.value || row.closest("section").dataset.area === area.value);
      row.hidden = !fits;
      shown += fits;
    }
    for (const section of sections) section.hidden = !section.querySelector("tr[data-words]:not([hidden])");
    form.querySelector("output").textContent = `${shown} of ${rows.length} figures`;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();
