// A bar of a timeline is read out loud by its name; whoever sees it reads it below the chart.
(() => {
  "use strict";
  const read = (event) => {
    const bar = event.target.closest?.(".tl-svg [aria-label]");
    const line = document.getElementById("tl-said");
    if (bar && line) line.textContent = bar.getAttribute("aria-label");
  };
  document.addEventListener("mouseover", read);
  document.addEventListener("focusin", read);
})();
