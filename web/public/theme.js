// Before the first paint: a theme that was chosen holds against the system's.
try {
  const chosen = localStorage.getItem("troupe.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {}
