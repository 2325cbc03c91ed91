// The colours that were chosen, before anything is painted: the system's unless the reader said else.
(() => {
  const chosen = localStorage.getItem("opendialogue.colours");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
